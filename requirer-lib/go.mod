module connectcharms/requirer-lib

go 1.26.0

require (
	connectcharms/schemas v0.0.0
	github.com/go-resty/resty/v2 v2.17.2
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v4 v4.0.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace connectcharms/schemas => ../schemas
