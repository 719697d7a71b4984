package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connectors"
)

// of names a cluster; an empty name is the only one there is.
func of(cluster string) url.Values {
	if cluster == "" {
		return nil
	}
	return url.Values{"cluster": {cluster}}
}

// Clusters are those that the daemon works on.
func (c *Client) Clusters(ctx context.Context) (all []manager.ClusterInfo, err error) {
	return all, c.ask(ctx, http.MethodGet, "/api/v1/clusters", nil, nil, &all)
}

// Status is how a cluster is kept.
func (c *Client) Status(ctx context.Context, cluster string) (status manager.Status, err error) {
	return status, c.ask(ctx, http.MethodGet, "/api/v1/status", of(cluster), nil, &status)
}

// Sync has the daemon read the state file and make the connectors those of it. It goes on when the context ends.
func (c *Client) Sync(ctx context.Context, cluster string) (summary connectors.Summary, err error) {
	return summary, c.ask(ctx, http.MethodPost, "/connectors/sync", of(cluster), nil, &summary)
}

// Reload has the daemon read its configuration again; when it returns, it is in force.
func (c *Client) Reload(ctx context.Context) error {
	return c.ask(ctx, http.MethodPost, "/api/v1/reload", nil, nil, nil)
}

// Plan is what a sync would do, or waits for approval.
func (c *Client) Plan(ctx context.Context, cluster string) (plan manager.Plan, err error) {
	return plan, c.ask(ctx, http.MethodGet, "/api/v1/plan", of(cluster), nil, &plan)
}

// Plans are those that wait or waited for approval, the newest first, older than a number; 0: all.
func (c *Client) Plans(ctx context.Context, cluster string, limit int, before int64) (all []approval.Plan, err error) {
	return all, c.ask(ctx, http.MethodGet, "/api/v1/plans", page(cluster, limit, before), nil, &all)
}

// Receivers are how messages to owners get there.
func (c *Client) Receivers(ctx context.Context) (all []store.Receiver, err error) {
	return all, c.ask(ctx, http.MethodGet, "/api/v1/receivers", nil, nil, &all)
}

// comment is what a decision is sent with.
type comment struct {
	Comment string `json:"comment"`
}

// Approve lets a plan be carried out, as far as its rules want no more approvals.
func (c *Client) Approve(ctx context.Context, plan, why string) (decided manager.Plan, err error) {
	return decided, c.ask(ctx, http.MethodPost, "/api/v1/plans/"+url.PathEscape(plan)+"/approve", nil, comment{why}, &decided)
}

// Reject keeps a plan from being carried out.
func (c *Client) Reject(ctx context.Context, plan, why string) (decided manager.Plan, err error) {
	return decided, c.ask(ctx, http.MethodPost, "/api/v1/plans/"+url.PathEscape(plan)+"/reject", nil, comment{why}, &decided)
}

// Report is what became of a plan, in a format: md or json.
func (c *Client) Report(ctx context.Context, plan, format string) (text []byte, err error) {
	return text, c.ask(ctx, http.MethodGet, "/api/v1/plans/"+url.PathEscape(plan)+"/report", url.Values{"format": {format}}, nil, &text)
}

// History is the newest runs, before one of them where before is not 0.
func (c *Client) History(ctx context.Context, cluster string, limit int, before int64) (runs []manager.Run, err error) {
	return runs, c.ask(ctx, http.MethodGet, "/api/v1/history", page(cluster, limit, before), nil, &runs)
}

// page is a part of a list.
func page(cluster string, limit int, before int64) url.Values {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if before > 0 {
		query.Set("before", strconv.FormatInt(before, 10))
	}
	if cluster != "" {
		query.Set("cluster", cluster)
	}
	return query
}

// Silences are those in force and to come.
func (c *Client) Silences(ctx context.Context) (all []manager.Silence, err error) {
	return all, c.ask(ctx, http.MethodGet, "/api/v1/silences", nil, nil, &all)
}

// NewSilence is a silence that is asked for.
type NewSilence struct {
	Cluster   string            `json:"cluster,omitempty"`   // empty: all
	Connector string            `json:"connector,omitempty"` // a pattern
	Team      string            `json:"team,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"` // patterns
	Comment   string            `json:"comment"`
	Until     time.Time         `json:"until"`
}

// Silence begins one.
func (c *Client) Silence(ctx context.Context, wanted NewSilence) (made manager.Silence, err error) {
	return made, c.ask(ctx, http.MethodPost, "/api/v1/silences", nil, wanted, &made)
}

// EndSilence ends one.
func (c *Client) EndSilence(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodDelete, "/api/v1/silences/"+url.PathEscape(id), nil, nil, nil)
}
