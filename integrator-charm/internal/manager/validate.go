package manager

import (
	"context"
	"fmt"

	"connectcharms/requirer-lib/state"
)

// validate reads the newest file, and has the cluster judge its configurations, where it answers: a file can be checked
// while the cluster is away. It is put in force, if it is a good one, by the next sync and not by this.
func (k *keeper) validate(ctx context.Context) (hints state.Problems, err error) {
	document, err := k.source.Fetch(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	file, err := k.parse(document)
	if err != nil {
		return nil, err
	}
	desired, err := file.Desired(k.cluster.Secrets)
	if err != nil {
		return nil, err
	}
	hints = k.warnsOf(file)
	if k.connections != nil {
		if unknown := file.CheckConnections(k.connections.IDs()); len(unknown) > 0 {
			return hints, unknown
		}
	}
	var judged state.Judgement
	there, err := k.look(ctx, freshFor)
	if err == nil {
		judged, err = file.Judge(ctx, k.cluster.client(), k.lay(desired, there))
	}
	hints = append(hints, judged.Hints...)
	if len(judged.Problems) > 0 {
		return hints, judged.Problems
	}
	if err != nil {
		hints = append(hints, state.Problem{Message: "the cluster has not judged all configurations: " + err.Error()})
	}
	return hints, nil
}

// warnsOf are the connections that any connector of a file needs, and that will not do.
func (k *keeper) warnsOf(file *state.File) (hints state.Problems) {
	var names []string
	for _, connector := range file.Connectors {
		names = append(names, connector.Name)
	}
	for _, line := range k.troubles(file, names) {
		hints = append(hints, state.Problem{Message: line})
	}
	return hints
}
