package jujutest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// apiAddress is where hooks are told that the controller is; nothing is there.
const apiAddress = "127.0.0.1:17070"

// environment is what Juju puts into the environment of the hook, and nothing of the test's own but PATH and JAVA_HOME.
func (c *hookContext) environment() []string {
	u, m := c.unit, c.model
	env := []string{
		"CHARM_DIR=" + u.charmDir,
		"JUJU_CHARM_DIR=" + u.charmDir,
		"JUJU_CONTEXT_ID=" + c.id,
		"JUJU_HOOK_NAME=" + c.hookName(),
		"JUJU_AGENT_SOCKET_ADDRESS=" + u.socketPath(),
		"JUJU_AGENT_SOCKET_NETWORK=unix",
		"JUJU_UNIT_NAME=" + u.name,
		"JUJU_MODEL_UUID=" + m.uuid,
		"JUJU_MODEL_NAME=" + m.options.Name,
		"JUJU_API_ADDRESSES=" + apiAddress,
		"JUJU_MACHINE_ID=" + u.machineID(),
		"JUJU_PRINCIPAL_UNIT=",
		"JUJU_AVAILABILITY_ZONE=",
		"JUJU_VERSION=" + JujuVersion,
		"CLOUD_API_VERSION=" + u.cloudVersion(),
		"JUJU_CHARM_HTTP_PROXY=",
		"JUJU_CHARM_HTTPS_PROXY=",
		"JUJU_CHARM_FTP_PROXY=",
		"JUJU_CHARM_NO_PROXY=127.0.0.1,localhost,::1",
		"JUJU_CHARM_TRACE_CONFIG_HTTP=",
		"JUJU_CHARM_TRACE_CONFIG_GRPC=",
		"JUJU_CHARM_TRACE_CONFIG_CA_CERT=",
		"APT_LISTCHANGES_FRONTEND=none",
		"DEBIAN_FRONTEND=noninteractive",
		"LANG=C.UTF-8",
		"TERM=tmux-256color",
		"PATH=" + u.path(),
	}
	if path := c.info.dispatchPath(); path != "" {
		env = append(env, "JUJU_DISPATCH_PATH="+path)
	}
	env = append(env, c.subjects()...)
	if home, ok := os.LookupEnv("JAVA_HOME"); ok {
		env = append(env, "JAVA_HOME="+home)
	}
	return append(env, m.options.Environ...)
}

// hookName is empty in an action, and in commands of juju-exec.
func (c *hookContext) hookName() string {
	if c.info.kind == kindAction || c.info.kind == kindExec {
		return ""
	}
	return c.info.name()
}

// machineID is empty for units of Kubernetes charms, which have containers instead.
func (u *unit) machineID() string {
	if u.isPod() {
		return ""
	}
	return u.machine
}

// cloudVersion is that of Kubernetes' API; machines have none.
func (u *unit) cloudVersion() string {
	if u.isPod() {
		return "1.34.0"
	}
	return ""
}

// subjects are the variables about what the hook is about.
func (c *hookContext) subjects() []string {
	var env []string
	info := c.info
	if r := info.relation; r != nil {
		env = append(
			env,
			"JUJU_RELATION="+r.endpointOf(c.unit).name,
			"JUJU_RELATION_ID="+r.longID(c.unit),
			"JUJU_REMOTE_UNIT="+info.remoteUnit,
			"JUJU_REMOTE_APP="+info.remoteApp,
		)
		if info.departing != "" {
			env = append(env, "JUJU_DEPARTING_UNIT="+info.departing)
		}
	}
	if a := info.action; a != nil {
		env = append(env, "JUJU_ACTION_NAME="+a.name, "JUJU_ACTION_UUID="+a.id, "JUJU_ACTION_TAG=action-"+a.id)
	}
	if w := info.workload; w != nil {
		env = append(env, "JUJU_WORKLOAD_NAME="+w.container)
		if w.noticeKey != "" {
			env = append(env, "JUJU_NOTICE_ID="+w.noticeID, "JUJU_NOTICE_TYPE="+w.noticeType, "JUJU_NOTICE_KEY="+w.noticeKey)
		}
		if w.check != "" {
			env = append(env, "JUJU_PEBBLE_CHECK_NAME="+w.check)
		}
	}
	if info.secret != "" {
		env = append(env, "JUJU_SECRET_ID="+info.secret, "JUJU_SECRET_LABEL="+info.label)
		if info.revision > 0 {
			env = append(env, "JUJU_SECRET_REVISION="+strconv.Itoa(info.revision))
		}
	}
	if s := c.model.storage[info.storage]; s != nil {
		env = append(env, "JUJU_STORAGE_ID="+s.id, "JUJU_STORAGE_LOCATION="+s.location, "JUJU_STORAGE_KIND="+s.kind)
	}
	return env
}

// path is PATH: the tools first, then juju-exec, and in a pod pebble last.
func (u *unit) path() string {
	dirs := []string{os.Getenv("PATH")}
	if u.model.tools.dir != "" {
		dirs = append([]string{u.model.tools.dir, filepath.Join(u.root, filepath.Dir(execProgram))}, dirs...)
	}
	if u.isPod() {
		dirs = append(dirs, u.pebbleDir())
	}
	return strings.Join(dirs, string(os.PathListSeparator))
}
