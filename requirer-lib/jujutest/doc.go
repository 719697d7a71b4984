// Package jujutest is a Juju model on one machine, for tests of charms: applications, units, relations, secrets, leadership,
// storage, resources, actions and workload containers, without a controller, a cloud or root.
//
// A charm is a function of the test ([FromFunc]), a directory with an executable dispatch ([FromDir]) or a packed .charm
// ([FromArchive]). Directories and archives run as processes, in the environment that Juju gives them, with the real
// command lines of the hook tools on PATH: flags, formats, exit codes and refusals are those of Juju's own tools. A charm
// that works here unchanged works there; nothing in a charm knows of this package.
//
//	func TestTheClientLearnsThePort(t *testing.T) {
//		m, err := jujutest.New(jujutest.Options{})
//		require.NoError(t, err)
//		t.Cleanup(func() { assert.NoError(t, m.Close()) })
//
//		server := jujutest.FromDir("testdata/server")
//		client := jujutest.FromFunc([]byte("name: client\nrequires: {db: {interface: sql}}\n"),
//			func(ctx context.Context, h *hook.Hook) error {
//				return h.StatusSet(ctx, hook.Status{Name: hook.Active, Message: h.Name})
//			})
//		require.NoError(t, m.Deploy("server", server, jujutest.DeployOptions{Units: 2}))
//		require.NoError(t, m.Deploy("client", client, jujutest.DeployOptions{}))
//		relation, err := m.Integrate("server", "client")
//		require.NoError(t, err)
//		require.NoError(t, m.Settle(t.Context()))
//
//		data, err := m.RelationData(relation, "server")
//		require.NoError(t, err)
//		assert.Equal(t, "5432", data["port"])
//	}
//
// # How a model moves
//
// Nothing runs by itself. A test changes the model (Integrate, SetConfig, RemoveUnit, ...) and calls [Model.Settle], which
// runs hooks until no unit has any left to run. What hook comes next is decided as Juju's unit agent decides it: by comparing
// the model as it is with what the charm has been told, so that two writes to a databag can be told in one hook, and a hook
// about what is gone already never runs. [Options.Seed] makes the order of units repeatable.
//
// A hook's writes count when it succeeds, all together, and not at all when it fails; only statuses, the workload's version
// and the revision of a secret that a unit tracks count at once. Leadership is looked at when a tool is called and again at
// the end of the hook.
//
// # Where units live
//
// Each unit has a directory that it sees as the root of its file system ([UnitInfo.Root]), with its charm at
// var/lib/juju/agents/unit-APP-N/charm below, and a loopback address of its own (127.0.x.y), so that several units listen on the
// same port numbers. Charms compute the paths that they use from JUJU_CHARM_DIR; see hook.Event.Root. What hooks print goes to
// var/log/juju/unit-APP-N.log. A unit's processes end with it, also daemons that have left their session and environment
// behind; processes of a test that was killed are ended by the next model on the machine.
//
// Containers of the metadata are real Pebble daemons: charm/containers/NAME/pebble.socket below the unit's root. What a
// container sees as its own root is charm/containers/NAME/root there, with its image (a directory that stands for it) and
// the storage that the metadata mount; see hook.Event.Container. [Model.RestartContainer] and [Model.ReplacePod] are what
// Kubernetes does to them, [Model.Refresh] replaces pods, and [Model.Scale] uses their numbers again.
//
// # Daemons that want a hook
//
// A daemon of a charm runs commands in its unit's context by usr/bin/juju-exec below the unit's root, which is /usr/bin/juju-exec
// in Juju: juju-exec UNIT 'JUJU_DISPATCH_PATH=hooks/NAME ./dispatch'. They wait until the unit is free and a Settle runs
// them: a test settles until it sees what they are to do. A hook must not wait for them, for they wait for its end.
//
// # What it follows
//
// Juju 4.1-beta2 ([JujuVersion]), by reading its source, down to what is surprising there:
//
//   - A secret-grant made in the hook of its secret-add is dropped ([Options.GrantsSurviveSecretAdd] repairs that).
//   - Databags of units begin with ingress-address and egress-subnets, which a charm cannot change; there is no private-address.
//   - A leader that writes its peer relation's application databag gets relation-changed for it like every other peer.
//   - A removed unit departs from its peers without a relation-broken of the peer relation.
//   - A unit that leaves is still leader in its relation-broken; its application has no leader until the model rests.
//   - Any unit may read its own application's databag. Juju 2.9 and 3.x let only the leader do so outside of peer relations.
//   - secret-info-get shows neither the grants nor the labels that the same hook has changed; status-get shows what it first saw.
//   - secret-add prints secret://MODEL-UUID/ID, while JUJU_SECRET_ID is secret:ID or, about a revision of one's own, ID.
//   - relation-ids lists a relation also in its relation-broken.
//   - show-unit's application-data is the unit's own application's databag.
//
// # What it leaves out
//
// It needs Linux, for /proc and for the whole of 127.0.0.0/8.
//
// Time (secrets rotate and expire when the test says so, update-status comes when it is asked for), cross-model relations,
// subordinate charms, spaces (all bindings have the one address), constraints and placement.
// A function charm that ignores its context can hold up Settle and Close.
package jujutest
