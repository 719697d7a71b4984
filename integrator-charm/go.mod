module connectcharms/integrator-charm

go 1.26.0

require (
	connectcharms/requirer-lib v0.0.0
	connectcharms/schemas v0.0.0
	github.com/fsnotify/fsnotify v1.10.1
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v4 v4.0.0
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.43.0 // indirect
	golang.org/x/sys v0.35.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)

replace connectcharms/schemas => ../schemas

replace connectcharms/requirer-lib => ../requirer-lib
