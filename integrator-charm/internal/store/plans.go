package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// Plan is a plan that needs approval, and what became of it. Which states there are, and which are over, is known to package
// approval.
type Plan struct {
	ID        string          `json:"id"`
	Number    int64           `json:"number"` // grows
	Cluster   string          `json:"cluster"`
	Digest    string          `json:"digest"` // of the changes: the approval is for them and no others
	Revision  string          `json:"revision,omitempty"`
	Author    string          `json:"author,omitempty"`
	Created   time.Time       `json:"created"`
	State     string          `json:"state"`
	Open      bool            `json:"open"`    // false: it is over
	Changed   time.Time       `json:"changed"` // since when it has that state
	Reason    string          `json:"reason,omitempty"`
	Changes   json.RawMessage `json:"changes"`
	Needs     json.RawMessage `json:"needs"`
	Outcome   json.RawMessage `json:"outcome,omitempty"` // what happened when it was applied
	Approvals []Approval      `json:"approvals"`
}

// Approval is what one person said of a plan.
type Approval struct {
	Who     string    `json:"who"`
	Verdict string    `json:"verdict"`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

const planColumns = "id, number, cluster, digest, revision, author, created, state, open, changed, reason, changes, needs, outcome"

// Plans lists plans with what was said of them, the newest first. Page.Before is a plan's number.
func (s *Store) Plans(ctx context.Context, page Page) ([]Plan, error) {
	return plans(ctx, s.db, "(?1 = '' OR cluster = ?1) AND (?2 = 0 OR number < ?2) ORDER BY number DESC LIMIT ?3",
		page.Cluster, page.Before, page.limit())
}

// Plan gives one plan, or ErrNotFound.
func (s *Store) Plan(ctx context.Context, id string) (Plan, error) {
	all, err := plans(ctx, s.db, "id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Plan{}, err
	}
	return all[0], nil
}

// ChangePlans has change decide on the plans of a cluster that are not over, oldest first, and writes those that it returns, in one
// transaction: two who decide at the same time decide one after the other, and a plan never waits beside the one that takes its
// place. A plan without ID is new, and gets one. An error of change is returned as it is, and nothing is written. Of the plans
// that are over, the oldest are forgotten beyond what Options allow.
func (s *Store) ChangePlans(ctx context.Context, cluster string, change func(open []Plan) ([]Plan, error)) (written []Plan, err error) {
	var refusal error
	err = s.write(ctx, "change plans", func(tx *sql.Tx) error {
		open, err := plans(ctx, tx, "cluster = ? AND open ORDER BY number", cluster)
		if err != nil {
			return err
		}
		if written, refusal = change(open); refusal != nil {
			return refusal
		}
		for i := range written {
			if err := savePlan(ctx, tx, cluster, &written[i]); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, forgetPlans, cluster, s.options.Plans)
		return err
	})
	if refusal != nil {
		return nil, refusal
	}
	return written, err
}

const forgetPlans = `DELETE FROM plans WHERE number IN (
  SELECT number FROM plans WHERE cluster = ? AND NOT open ORDER BY number DESC LIMIT -1 OFFSET ?)`

// savePlan writes one plan as it is now. What was said of it is only ever added to.
func savePlan(ctx context.Context, tx *sql.Tx, cluster string, plan *Plan) error {
	plan.Cluster = cluster
	if plan.ID == "" {
		plan.ID = newID()
		number, err := first(ctx, tx, oneNumber, "INSERT INTO plans ("+planColumns+") VALUES (?, NULL, ?, ?, ?, ?, ?, '', 0, 0, '', ?, ?, '') RETURNING number",
			plan.ID, cluster, plan.Digest, plan.Revision, plan.Author, micros(plan.Created), string(plan.Changes), string(plan.Needs))
		if err != nil {
			return err
		}
		plan.Number = number
	}
	if _, err := tx.ExecContext(ctx, "UPDATE plans SET state = ?, open = ?, changed = ?, reason = ?, outcome = ? WHERE id = ?",
		plan.State, plan.Open, micros(plan.Changed), plan.Reason, string(plan.Outcome), plan.ID); err != nil {
		return err
	}
	said, err := approvals(ctx, tx, plan.ID)
	if err != nil {
		return err
	}
	for _, approval := range plan.Approvals[min(len(said), len(plan.Approvals)):] {
		if _, err := tx.ExecContext(ctx, "INSERT INTO approvals (plan, who, verdict, comment, at) VALUES (?, ?, ?, ?, ?)",
			plan.ID, approval.Who, approval.Verdict, approval.Comment, micros(approval.At)); err != nil {
			return err
		}
	}
	return nil
}

// newID is short enough to be typed, and not to be guessed.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

func plans(ctx context.Context, q querier, where string, args ...any) ([]Plan, error) {
	all, err := collect(ctx, q, scanPlan, "SELECT "+planColumns+" FROM plans WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Approvals, err = approvals(ctx, q, all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func approvals(ctx context.Context, q querier, plan string) ([]Approval, error) {
	return collect(ctx, q, func(scan func(...any) error) (a Approval, err error) {
		err = scan(&a.Who, &a.Verdict, &a.Comment, instant{&a.At})
		return a, err
	}, "SELECT who, verdict, comment, at FROM approvals WHERE plan = ? ORDER BY number", plan)
}

func scanPlan(scan func(...any) error) (plan Plan, err error) {
	err = scan(&plan.ID, &plan.Number, &plan.Cluster, &plan.Digest, &plan.Revision, &plan.Author, instant{&plan.Created}, &plan.State, &plan.Open,
		instant{&plan.Changed}, &plan.Reason, (*document)(&plan.Changes), (*document)(&plan.Needs), (*document)(&plan.Outcome))
	return plan, err
}
