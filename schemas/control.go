package schemas

import "fmt"

// controlMessage is the schema of the control message.
const controlMessage = "control.json"

// ControlMessage gives the JSON Schema of what a connector says about its own configuration, for whoever writes such messages
// by program. Package control of requirer-lib reads them.
func ControlMessage() []byte {
	text, err := texts.ReadFile(controlMessage)
	if err != nil {
		panic(fmt.Sprintf("schemas: embedded schema %s: %v", controlMessage, err))
	}
	return text
}
