package probe

import (
	"cmp"
	"context"
	"net/url"

	"connectcharms/requirer-lib/connection"
)

// askCCloud asks Confluent Cloud's API which organisations one belongs to, and whether the spec's is among them; with an API
// key, also whose that is.
//
// API: org/v2 and iam/v2 of the Confluent Cloud API reference.
func askCCloud(ctx context.Context, config connection.CCloudConfig, secrets Secrets) connection.Result {
	asked := &asked{part: connection.PartCCloud, vault: vault{from: secrets}}
	if config.Credentials == nil {
		return asked.endedBy(&failure{phase: connection.PhaseAuthenticate, text: "the connection has no credentials: nobody is logged in"})
	}
	verify, _ := asked.vault.tlsConfig(nil)
	who, failed := asked.header(ctx, config.Credentials, nil)
	if failed != nil {
		return asked.endedBy(failed)
	}
	cloud := newREST(cmp.Or(config.URI, connection.DefaultCCloudURI), verify, who)
	defer cloud.close()
	if failed := asked.organization(ctx, cloud, config.OrganizationID); failed != nil {
		asked.failed(hostOf(cloud.base), failed)
	} else if config.Credentials.Type == connection.APIKey {
		asked.owner(ctx, cloud, config.Credentials.APIKey)
	}
	return asked.result()
}

// organization finds the one that is wanted among those that one belongs to; "" is the first.
func (a *asked) organization(ctx context.Context, cloud *rest, wanted string) *failure {
	var listed struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if failed := cloud.get(ctx, "/org/v2/organizations?page_size=100", decode(&listed)); failed != nil {
		return failed
	}
	for _, organization := range listed.Data {
		if organization.ID != "" && (wanted == "" || organization.ID == wanted) {
			a.user.OrganizationID = organization.ID
			return nil
		}
	}
	if len(listed.Data) == 0 {
		return &failure{phase: connection.PhaseAuthorize, text: "the credentials belong to no organization"}
	}
	return &failure{phase: connection.PhaseAuthorize, text: "the credentials do not belong to the organization of the connection"}
}

// owner finds whose an API key is. Not everyone may ask for that: then it is not known.
func (a *asked) owner(ctx context.Context, cloud *rest, key string) {
	var found struct {
		Spec struct {
			Owner struct {
				ID string `json:"id"`
			} `json:"owner"`
		} `json:"spec"`
	}
	if cloud.get(ctx, "/iam/v2/api-keys/"+url.PathEscape(key), decode(&found)) == nil {
		a.user.ID = found.Spec.Owner.ID
	}
}
