package connectclient_test

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// A charm that asks for an account and looks at Kafka Connect with it, in a model of a test.
func Example() {
	cluster := connecttest.NewServer()
	defer cluster.Close()
	model, err := jujutest.New(jujutest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	err = errors.Join(
		model.Deploy("kafka-connect", cluster.Provider(), jujutest.DeployOptions{}),
		model.Deploy("watcher", jujutest.FromFunc([]byte("name: watcher\nrequires: {connect-client: {interface: connect_client}}\n"), watch), jujutest.DeployOptions{}),
		model.Settle(context.Background()),
	)
	before, _ := model.StatusOf("watcher/0")
	fmt.Println(before.Current, before.Message, err)
	_, err = model.Integrate("watcher", "kafka-connect")
	err = errors.Join(err, model.Settle(context.Background()))
	after, _ := model.StatusOf("watcher/0")
	fmt.Println(after.Current, after.Message, err)
	// Output:
	// blocked not related to Kafka Connect: integrate connect-client with a provider <nil>
	// active it is Kafka Connect 4.3.1 <nil>
}

// watch runs in every hook.
func watch(ctx context.Context, h *hook.Hook) error {
	client := connectclient.New(h, connectclient.Options{})
	if err := client.Request(ctx, connectclient.NotRequired()); err != nil {
		return err
	}
	connection, err := client.Connection(ctx)
	if status, notReady := connectclient.Status(err); notReady {
		return h.StatusSet(ctx, status)
	}
	if err != nil {
		return err
	}
	rest, err := connection.Client()
	if err != nil {
		return err
	}
	defer rest.Close()
	info, err := rest.ServerInfo(ctx)
	if err != nil {
		return err
	}
	return h.StatusSet(ctx, hook.Status{Name: hook.Active, Message: "it is Kafka Connect " + info.Version})
}
