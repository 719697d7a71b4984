package schemas

import "fmt"

// connectionFile is the schema of a connection.
const connectionFile = "connection.json"

// Connection gives the JSON Schema of a connection: its spec, which a person writes, and its status. Package connection of
// requirer-lib reads specs, and knows more than a schema can say.
func Connection() []byte {
	text, err := texts.ReadFile(connectionFile)
	if err != nil {
		panic(fmt.Sprintf("schemas: embedded schema %s: %v", connectionFile, err))
	}
	return text
}
