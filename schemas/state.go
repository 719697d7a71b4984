package schemas

import "fmt"

// stateFile is the schema of the state file.
const stateFile = "state.json"

// StateFile gives the JSON Schema of Connect Manager's state file, for editors and whoever writes one by program. Package
// state of requirer-lib reads state files, and knows more than a schema can say.
func StateFile() []byte {
	text, err := texts.ReadFile(stateFile)
	if err != nil {
		panic(fmt.Sprintf("schemas: embedded schema %s: %v", stateFile, err))
	}
	return text
}
