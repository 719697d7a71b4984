package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connectors"
)

// planFormat tells a saved plan from other files, and from those of later versions.
const planFormat = "connect-manager/plan/1"

// planDocument is a plan as JSON and YAML, and as it is saved. It is part of what the program promises, and holds no secret
// value.
type planDocument struct {
	Format      string    `json:"format"`
	Created     time.Time `json:"created"`
	Context     string    `json:"context"`
	Cluster     string    `json:"cluster"` // the ID of its Kafka
	Manager     string    `json:"manager"`
	Source      string    `json:"source"`
	Revision    string    `json:"revision,omitempty"`
	SHA256      string    `json:"sha256"` // of the state file
	Environment string    `json:"environment,omitempty"`
	NoDelete    bool      `json:"noDelete,omitempty"`
	connectors.Plan
}

// planDocument plans.
func (s *session) planDocument(ctx context.Context, w wanted, p planning) (planDocument, error) {
	info, err := w.on.Client.ServerInfo(ctx)
	if err != nil {
		return planDocument{}, err
	}
	plan, err := w.owned.Plan(ctx, w.desired, s.options(p))
	return planDocument{
		Format: planFormat, Created: s.Now().UTC().Truncate(time.Second), Context: w.on.Context.Name, Cluster: info.KafkaClusterID,
		Manager: w.Manager, Source: w.from, Revision: string(w.document.Revision), SHA256: w.digest(),
		Environment: w.on.Context.Environment, NoDelete: p.keep, Plan: plan,
	}, err
}

func (d declared) digest() string {
	sum := sha256.Sum256(d.document.Data)
	return hex.EncodeToString(sum[:])
}

// save writes the plan for its owner alone: it tells what there is on a cluster.
func (d planDocument) save(path string) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

// maxPlan is the most of a saved plan that is read, in bytes.
const maxPlan = 256 << 20

func readPlan(path string) (planDocument, error) {
	file, err := os.Open(path)
	if err != nil {
		return planDocument{}, fmt.Errorf("read the plan: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxPlan))
	if err != nil {
		return planDocument{}, fmt.Errorf("read the plan: %w", err)
	}
	return parsePlan(path, text)
}

// parsePlan is strict: half a plan, or one of a version that says more, is not applied.
func parsePlan(name string, text []byte) (planDocument, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Format != planFormat {
		return planDocument{}, fmt.Errorf("%s is no plan that this version of connect-manager has saved with plan --out", name)
	}
	var document planDocument
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return planDocument{}, fmt.Errorf("%s is no whole plan: %w", name, err)
	}
	return document, nil
}
