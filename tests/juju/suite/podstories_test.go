package suite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"connectcharms/tests/juju/model"
)

// What is told on Kubernetes only. The table of stories says why.

// pods are those of the home model.
func (s *pair) pods() *onPods { return s.home.substrate.(*onPods) }

// pod is the pod of a unit of kafka-connect now.
func (s *pair) pod(unit string) model.Pod {
	s.T().Helper()
	pod, err := s.pods().Get(limited(s.T()), dashed(unit))
	s.Require().NoError(err)
	return pod
}

// scalePods comes back to two units. Juju 4.1-beta2 does not always tell those that stay of one that has gone: they see it in their next
// hook, which here is config-changed.
func (s *pair) scalePods() {
	before := s.link(integrator)
	for i, count := range []int{1, 3, 1, 2} {
		s.Require().NoError(s.home.Scale(limited(s.T()), provider, count))
		until(s.T(), fmt.Sprintf("there are %d units", count), func() string {
			if units, _ := s.units(s.home, provider); len(units) != count {
				return fmt.Sprint("there are ", units)
			}
			return ""
		})
		s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"plugin-download-timeout": strconv.Itoa(100 + i)}))
		s.awaitEndpoints(count)
		s.awaitActive(s.home, provider, integrator, mirror)
		now := s.link(integrator)
		s.Equal(before.secret.ID, now.secret.ID)
		s.Equal(before.password, now.password)
		s.letsIn(now)
		units, _ := s.units(s.home, provider)
		for _, unit := range units {
			s.Equal(1, s.installed(s.home, unit), unit)
		}
		s.flows(s.topic)
	}
}

// refreshPods brings the image under another name, or, where there is one name only, the charm alone.
func (s *pair) refreshPods() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	before := map[string]model.Pod{}
	for _, unit := range units {
		before[unit] = s.pod(unit)
	}
	image := s.images[len(s.images)-1]
	s.awaitGoodMoment()
	_, err := s.home.Juju(limited(s.T()), "refresh", provider, "--path", s.providerK8s, "--resource", imageResource+"="+image)
	s.Require().NoError(err)
	for _, unit := range units {
		s.awaitReplaced(unit, before[unit].UID)
		s.Equal(image, s.pod(unit).Containers[workloadContainer].Image)
	}
	s.awaitActive(s.home, provider, integrator, mirror)
	s.letsIn(client)
	s.flows(s.topic)
}

// awaitReplaced waits until a unit has another pod, and it is ready.
func (s *pair) awaitReplaced(unit, uid string) {
	s.T().Helper()
	until(s.T(), "another pod of "+unit+" is ready", func() string {
		pod, err := s.pods().Get(limited(s.T()), dashed(unit))
		switch {
		case err != nil:
			return err.Error()
		case pod.UID == uid:
			return "it is the old one"
		case !pod.Ready:
			return fmt.Sprint(pod)
		}
		return ""
	})
}

func (s *pair) deletePod() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	unit, before := units[1], s.pod(units[1])
	plugins := s.plugins(unit)
	s.Require().NotEmpty(plugins)
	_, err := s.pods().Kubectl(limited(s.T()), "delete", "pod", dashed(unit))
	s.Require().NoError(err)
	s.awaitReplaced(unit, before.UID)
	s.awaitActive(s.home, provider, integrator, mirror)
	s.NotEqual(before.Address, s.pod(unit).Address)
	s.Equal(client.published, s.link(integrator).published, "names outlive addresses")
	s.Equal(plugins, s.plugins(unit), "nothing was downloaded again")
	s.letsIn(client)
	s.flows(s.topic)
}

// plugins are the files of a unit's plugins, each with its inode and time: another copy of the same is another.
func (s *pair) plugins(unit string) string {
	s.T().Helper()
	return s.onCharm(s.home, unit, "cd "+s.home.data(unit)+"/plugins/installed && find . -type f -exec stat -c '%n %i %Y' {} + | sort")
}

// die ends a container from within, at once: its first process is Pebble, which heeds other signals, but is ended by Go's runtime at SIGABRT.
// The kernel ends all others with it.
const die = "kill -ABRT 1"

// kill ends a container of a unit's pod as soon as a shell command has ended there, and waits until Kubernetes has started it again.
func (s *pair) kill(unit, container, after string) {
	s.T().Helper()
	before := s.pod(unit).Containers[container].Restarts
	out, err := s.pods().Exec(limited(s.T()), dashed(unit), container, after+"; "+die+"; sleep 60")
	s.Require().Error(err, "it goes with its container; it says %q", out)
	until(s.T(), container+" of "+unit+" is another", func() string {
		if now := s.pod(unit).Containers[container]; now.Restarts == before {
			return fmt.Sprintf("%+v; %v", now, err)
		}
		return ""
	})
}

// killWorkload has a container end while its worker is restarted in its turn.
func (s *pair) killWorkload() {
	client, before := s.link(integrator), s.workerPIDs()
	units, leader := s.units(s.home, provider)
	unit := units[slices.IndexFunc(units, func(unit string) bool { return unit != leader })]
	s.run(leader, "restart")
	old, _, _ := strings.Cut(before[unit], " ")
	s.kill(unit, workloadContainer, "while [ -e /proc/"+old+" ]; do sleep 0.1; done")
	s.awaitRestarted(before)
	s.awaitActive(s.home, provider, integrator, mirror)
	for _, unit := range units {
		s.Contains(s.worker(unit, "/connector-plugins"), "FileStreamSourceConnector", "loaded by the worker of %s", unit)
	}
	s.letsIn(client)
	s.flows(s.topic)
}

// killCharm has the charm's container end while it runs a hook that changes the workers.
func (s *pair) killCharm() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	unit := units[0]
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"worker-heap": "384"}))
	s.kill(unit, charmContainer, "until cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q '/charm/bin/kafka-connec[t]'; do :; done")
	until(s.T(), "the agent has found a hook that was cut short", func() string {
		log, err := s.pods().Kubectl(limited(s.T()), "logs", dashed(unit), "--container", charmContainer)
		if err != nil || !strings.Contains(log, "awaiting error resolution for") {
			return fmt.Sprint("not in its log; ", err)
		}
		return ""
	})
	until(s.T(), "both workers run with the new heap", func() (reason string) {
		for _, unit := range units {
			if s.processes(unit, "^[^ ]*java .*-Xmx384[mM] .*ConnectDistributed") == "" {
				reason += unit + " does not; "
			}
		}
		return reason
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.Equal(client.published, s.link(integrator).published)
	s.letsIn(client)
	s.flows(s.topic)
}

// readiness takes the gateway away, and first the charm's program, which would bring it back in the next hook. Three checks have to fail,
// ten seconds apart; then Pebble's notice is a hook that is due.
func (s *pair) readiness() {
	units, _ := s.units(s.home, provider)
	s.True(s.pod(units[0]).Ready)
	giveBack := s.takeProgram(units[0])
	s.on(s.home, units[0], "PEBBLE_SOCKET=/charm/container/pebble.socket /charm/bin/pebble stop gateway")
	until(s.T(), "the pod is not ready without its gateway", func() string {
		if container := s.pod(units[0]).Containers[workloadContainer]; container.Ready {
			return fmt.Sprintf("%+v", container)
		}
		return ""
	})
	giveBack()
	until(s.T(), "the gateway is back, and the pod ready", func() string {
		if pod := s.pod(units[0]); !pod.Ready {
			return fmt.Sprint(pod)
		}
		return ""
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
}

func (s *pair) limits() {
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		for name, container := range s.pod(unit).Containers {
			s.NotEmpty(container.Limits["memory"], "%s of %s", name, unit)
			s.NotEqual("OOMKilled", container.LastEnd, "%s of %s", name, unit)
		}
	}
	for _, app := range []string{provider, integrator} {
		account := "system:serviceaccount:" + s.home.Name + ":" + app
		answer, _ := s.pods().Kubectl(limited(s.T()), "auth", "can-i", "delete", "pods", "--as", account) // it exits with 1 for no
		s.Equal("no", strings.TrimSpace(answer), "%s may do what Juju lets those do that are trusted", app)
	}
}
