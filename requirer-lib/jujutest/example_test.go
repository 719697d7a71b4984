package jujutest_test

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// A server that tells its port, and what its databag says when the model rests.
func Example() {
	m, err := jujutest.New(jujutest.Options{Seed: 1}) // one hook at a time: the output is the same every time
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	server := jujutest.FromFunc([]byte("name: server\nprovides: {db: {interface: sql}}\n"),
		func(ctx context.Context, h *hook.Hook) error {
			if h.Kind != hook.RelationCreated {
				return nil
			}
			return h.RelationSetApp(ctx, h.Relation.ID, hook.Databag{"port": "5432"})
		})
	client := jujutest.FromFunc([]byte("name: client\nrequires: {database: {interface: sql}}\n"),
		func(context.Context, *hook.Hook) error { return nil })
	err = errors.Join(
		m.Deploy("server", server, jujutest.DeployOptions{}),
		m.Deploy("client", client, jujutest.DeployOptions{}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	relation, err := m.Integrate("server", "client")
	if err == nil {
		err = m.Settle(context.Background())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := m.RelationData(relation, "server")
	fmt.Println(data, err)
	fmt.Println(m.HookNames("client/0"))
	// Output:
	// map[port:5432] <nil>
	// [install database-relation-created leader-elected config-changed start database-relation-changed database-relation-joined database-relation-changed]
}
