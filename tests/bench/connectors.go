package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// suffixed names connectors by an owner.
type suffixed string

func (s suffixed) ConnectorName(name string) string { return name + string(s) }

func (s suffixed) ShortName(connector string) (string, bool) {
	return strings.CutSuffix(connector, string(s))
}

// driver is a way to drive connectors.
type driver struct {
	name  string
	owned connectors.Owned
	sync  func(ctx context.Context, desired connectors.Desired) error
}

// CompareConnectors has a number of connectors created, and then found unchanged, by package connectors and in the way of
// the peers (connectctl): one PUT for each, one after the other. It prints a table in Markdown. Waiting for tasks to run is
// left out, since the peers do not wait. All connectors have one configuration.
func CompareConnectors(ctx context.Context, out io.Writer, endpoint string, number int, config map[string]string) error {
	client, err := connect.New(connect.Config{Endpoints: []string{endpoint}})
	if err != nil {
		return err
	}
	defer client.Close()
	drivers := []driver{oneByOne(client, endpoint), reconciling(client)}
	fmt.Fprintf(out, "%d connectors:\n\n| | created | unchanged |\n|---|--:|--:|\n", number)
	desired := connectors.Desired{}
	for i := range number {
		desired[fmt.Sprintf("bench-%d", i)] = connectors.Connector{Config: config}
	}
	var took [2][2]time.Duration
	for i, driver := range drivers {
		for j := range took[i] {
			began := time.Now()
			if err := driver.sync(ctx, desired); err != nil {
				return fmt.Errorf("%s: %w", driver.name, err)
			}
			took[i][j] = time.Since(began)
			if err := driver.settle(ctx, desired); err != nil {
				return fmt.Errorf("%s: %w", driver.name, err)
			}
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", driver.name, took[i][0].Round(time.Millisecond), took[i][1].Round(time.Millisecond))
		if err := driver.settle(ctx, connectors.Desired{}); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "| ratio | %.1f | %.0f |\n\n", took[0][0].Seconds()/took[1][0].Seconds(), took[0][1].Seconds()/took[1][1].Seconds())
	return nil
}

// settle waits until all is as desired; between two measurements nothing is under way.
func (d driver) settle(ctx context.Context, desired connectors.Desired) error {
	report, err := d.owned.Reconcile(ctx, desired, connectors.Options{Patience: 10 * time.Minute, Wait: 5 * time.Minute})
	return errors.Join(err, report.Err())
}

func reconciling(client *connect.Client) driver {
	d := driver{name: "connectors.Reconcile", owned: connectors.Owned{Client: client, Names: suffixed("-ours")}}
	d.sync = func(ctx context.Context, desired connectors.Desired) error {
		report, err := d.owned.Reconcile(ctx, desired, connectors.Options{Patience: 5 * time.Minute, Wait: -1})
		return errors.Join(err, report.Err())
	}
	return d
}

func oneByOne(client *connect.Client, endpoint string) driver {
	d := driver{name: "one PUT for each", owned: connectors.Owned{Client: client, Names: suffixed("-peer")}}
	d.sync = func(ctx context.Context, desired connectors.Desired) error {
		for name, connector := range desired {
			if err := put(ctx, endpoint+"/connectors/"+d.owned.Names.ConnectorName(name)+"/config", connector.Config); err != nil {
				return err
			}
		}
		return nil
	}
	return d
}

func put(ctx context.Context, url string, config map[string]string) error {
	body, err := json.Marshal(config)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("PUT %s: %s", url, response.Status)
	}
	return nil
}
