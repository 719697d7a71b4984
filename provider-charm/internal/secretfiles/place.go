// Package secretfiles is where a unit's worker finds secret values of connectors: a directory for each relation, a file for each
// value, which a connector's configuration names by a reference to Kafka Connect's own DirectoryConfigProvider. It decides
// nothing about which values are there.
package secretfiles

import (
	"path"
	"path/filepath"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Provider is the name of the workers' config provider that reads the files. It is no word that an operator would choose for
// one of their own.
const Provider = "connector-secrets"

// dirName is the directory's name, below the one that a worker runs in.
const dirName = "secrets"

// Root is the directory of all relations as workers name it: the same text on every worker, though units have their files at
// paths of their own. A configuration is one for all workers.
const Root = "/proc/self/cwd/" + dirName

// Place is where workers have a relation's files.
func Place(relation hook.RelationID) schemas.SecretsPlace {
	return schemas.SecretsPlace{Provider: Provider, Path: path.Join(Root, nameOf(relation))}
}

// In is the directory of all relations, for a worker that runs in a directory.
func In(workerDir string) string { return filepath.Join(workerDir, dirName) }

const namePrefix = "relation-"

func nameOf(relation hook.RelationID) string { return namePrefix + relation.String() }
