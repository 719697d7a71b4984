package connectors

import (
	"context"
	"fmt"

	"connectcharms/requirer-lib/connectclient"
)

// Reconcile makes the connectors of one relation the desired ones, in whatever hook, and reports. A connection that is
// not ready yet is no error but the report's Problem; errors are of the charm itself: a hook tool that fails, desired
// connectors that are nil.
//
// Only the leader does anything; on another unit the report says Standby. While units of the provider leave, it looks and
// changes nothing: the hook may be one of the relation's last, and what the provider has deleted by then must not be made
// again. Connectors of a relation that ends are the provider's to delete.
func Reconcile(ctx context.Context, connection *connectclient.Connection, desired Desired, options Options) (Report, error) {
	report := Report{Provider: connection.Provider()}
	if desired == nil {
		return report, errNil
	}
	leader, err := connection.IsLeader(ctx)
	if err != nil || !leader {
		report.Standby = err == nil
		return report, err
	}
	if err := connection.Ready(ctx); err != nil {
		if _, notReady := connectclient.Status(err); !notReady {
			return report, err
		}
		report.Problem = err
		return report, nil
	}
	client, err := connection.Client()
	if err != nil {
		return report, fmt.Errorf("connect to %s: %w", connection.Provider(), err)
	}
	defer client.Close()
	report, err = Owned{Client: client, Names: connection}.run(ctx, desired, options, connection.MayEnd())
	report.Provider = connection.Provider()
	return report, err
}
