package schemas

import "strings"

// uuidSize is the length of a model's UUID without its dashes.
const uuidSize = 32

const hexDigits = "0123456789abcdef"

// ConnectorName is the name in Kafka Connect of the connector that its charm calls name:
//
//	<name>_r<relation id>_<model UUID without dashes>
//
// The relation id is the provider's. The end of the name is the mark by which a provider knows whose the connector is.
func ConnectorName(name, relation, modelUUID string) string {
	return name + "_r" + relation + "_" + strings.ReplaceAll(modelUUID, "-", "")
}

// ConnectorRelation finds the relation id that a connector's name is marked with: what the expression
// ^.+?r([0-9]+)_[0-9a-f]{32}$ finds, by which the providers there are go. The digits before the last 33 characters are
// the mark, so a name such as x_r1_r12_<uuid> is of relation 12. The id is text: 012 is no relation's.
func ConnectorRelation(name string) (relation string, marked bool) {
	end := len(name) - uuidSize - 1
	if end < 0 || name[end] != '_' || strings.Trim(name[end+1:], hexDigits) != "" {
		return "", false
	}
	head := strings.TrimRight(name[:end], "0123456789")
	relation = name[len(head):end]
	if relation == "" || len(head) < 2 || head[len(head)-1] != 'r' {
		return "", false
	}
	return relation, true
}
