package hook

import (
	"cmp"
	"context"
	"fmt"
)

// Network is the unit's addresses for one endpoint.
type Network struct {
	Bind    []string // addresses to listen on
	Ingress []string // addresses at which others reach the unit
	Egress  []string // subnets that the unit's traffic comes from
}

// NetworkGet asks for the addresses of an endpoint.
func (t *Tools) NetworkGet(ctx context.Context, endpoint string) (Network, error) {
	return t.networkGet(ctx, endpoint)
}

// NetworkGetFor asks for the addresses of an endpoint as one relation sees them: they can differ across models.
func (t *Tools) NetworkGetFor(ctx context.Context, endpoint string, id RelationID) (Network, error) {
	return t.networkGet(ctx, endpoint, "-r", id.String())
}

func (t *Tools) networkGet(ctx context.Context, args ...string) (Network, error) {
	var answer struct {
		Bind []struct {
			Addresses []struct {
				Value   string `json:"value"`
				Address string `json:"address"`
			} `json:"addresses"`
		} `json:"bind-addresses"`
		Egress  []string `json:"egress-subnets"`
		Ingress []string `json:"ingress-addresses"`
	}
	if err := t.runJSON(ctx, &answer, "network-get", args...); err != nil {
		return Network{}, err
	}
	network := Network{Ingress: answer.Ingress, Egress: answer.Egress}
	for _, device := range answer.Bind {
		for _, address := range device.Addresses {
			network.Bind = append(network.Bind, cmp.Or(address.Value, address.Address))
		}
	}
	return network, nil
}

// OpenPort asks the model to let traffic in, once the application is exposed. Protocol is tcp, udp or icmp, which has no port.
func (t *Tools) OpenPort(ctx context.Context, port int, protocol string) error {
	_, err := t.run(ctx, "open-port", portName(port, protocol))
	return err
}

// ClosePort takes back what OpenPort asked for.
func (t *Tools) ClosePort(ctx context.Context, port int, protocol string) error {
	_, err := t.run(ctx, "close-port", portName(port, protocol))
	return err
}

// OpenedPorts lists the unit's open ports, such as "8083/tcp", "1000-2000/udp" or "icmp".
func (t *Tools) OpenedPorts(ctx context.Context) ([]string, error) {
	var ports []string
	err := t.runJSON(ctx, &ports, "opened-ports")
	return ports, err
}

func portName(port int, protocol string) string {
	if protocol == "icmp" {
		return protocol
	}
	return fmt.Sprintf("%d/%s", port, protocol)
}
