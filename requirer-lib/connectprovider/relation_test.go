package connectprovider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

const (
	modelUUID = "11111111-2222-4333-8444-555555555555"
	idA, idB  = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
)

var (
	secretUser = schemas.SecretURI{ModelUUID: modelUUID, ID: "cjqub6vubg2s77p3nio0"}
	secretTLS  = schemas.SecretURI{ModelUUID: modelUUID, ID: "cjqub6vubg2s77p3nio1"}
	passing    = schemas.StatusEntry{Code: 4000, Message: "plugin: 503", Resolution: "wait"}
	lasting    = schemas.StatusEntry{Code: 5000, Message: "plugin: it is a zip", Resolution: "serve a tarball"}

	askedV0 = hook.Databag{"plugin-url": "http://a/p", "requested-secrets": `["username","password"]`}
	askedV1 = hook.Databag{"version": "v1", "requests": request(idA, "http://a/p") + "," + request(idB, "NOT-REQUIRED") + "]"}
)

// request begins a list with a request, or goes on with it.
func request(id, resource string) string {
	begin := ""
	if id == idA {
		begin = "["
	}
	return fmt.Sprintf(`%s{"request-id":%q,"resource":%q,"salt":"s-%.1s"}`, begin, id, resource, id)
}

func answerTo(id string) schemas.Answer {
	return schemas.Answer{RequestID: id, Endpoints: []string{"http://c:8083"}, SecretUser: secretUser}
}

func relation(asked, published hook.Databag) connectprovider.Relation {
	return connectprovider.NewRelation(7, "client", asked, published)
}

// published is the databag after an offer.
func published(r connectprovider.Relation, offer connectprovider.Offer) hook.Databag {
	return r.With(r.Changes(offer)).Published
}

func TestWhatIsPublishedForARequirerOfV0(t *testing.T) {
	t.Parallel()
	served := answerTo("")
	https := schemas.Answer{
		Endpoints: []string{"https://c:8083", "https://d:8083"}, SecretUser: secretUser, SecretTLS: secretTLS, Extra: map[string]string{"tls": "enabled"},
	}
	plain := hook.Databag{"endpoints": "http://c:8083", "secret-user": secretUser.String()}
	for name, c := range map[string]struct {
		before hook.Databag
		offer  connectprovider.Offer
		want   hook.Databag // changes
	}{
		"nothing to say":          {nil, connectprovider.Offer{}, nil},
		"an answer":               {nil, connectprovider.Offer{Answers: []schemas.Answer{served}}, plain},
		"the same again":          {plain, connectprovider.Offer{Answers: []schemas.Answer{served}}, nil},
		"a status beside it":      {plain, connectprovider.Offer{Answers: []schemas.Answer{served}, Status: []schemas.StatusEntry{passing}}, hook.Databag{"status": statusText(passing)}},
		"a status and no answer":  {nil, connectprovider.Offer{Status: []schemas.StatusEntry{passing, passing}}, hook.Databag{"status": statusText(passing, passing)}},
		"a status that is over":   {hook.Databag{"status": statusText(passing)}, connectprovider.Offer{}, hook.Databag{"status": ""}},
		"https, and a clear word": {plain, connectprovider.Offer{Answers: []schemas.Answer{https}}, hook.Databag{"endpoints": "https://c:8083,https://d:8083", "secret-tls": secretTLS.String(), "tls": "enabled"}},
		"http again": {
			hook.Databag{"endpoints": "https://c:8083", "secret-user": secretUser.String(), "secret-tls": secretTLS.String(), "tls": "enabled", "tls-ca": "PEM"},
			connectprovider.Offer{Answers: []schemas.Answer{served}},
			hook.Databag{"endpoints": "http://c:8083", "secret-tls": "", "tls": "", "tls-ca": ""},
		},
		"keys of others stay": {hook.Databag{"topology": "x"}, connectprovider.Offer{Answers: []schemas.Answer{served}}, plain},
		"it was of v1": {
			hook.Databag{"version": "v1", "requests": "[]", "data": "{}"},
			connectprovider.Offer{Answers: []schemas.Answer{served}},
			hook.Databag{"version": "", "requests": "", "data": "", "endpoints": "http://c:8083", "secret-user": secretUser.String()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, relation(askedV0, c.before).Changes(c.offer))
		})
	}
}

func statusText(entries ...schemas.StatusEntry) string {
	text, _ := json.Marshal(entries)
	return string(text)
}

func TestEveryRequestOfV1HasAnAnswerOfItsOwn(t *testing.T) {
	t.Parallel()
	bag := published(relation(askedV1, nil), connectprovider.Offer{Answers: []schemas.Answer{answerTo(idB)}})
	assert.Equal(t, "v1", bag["version"])
	assert.JSONEq(t, `[{"request-id":"aaaaaaaaaaaaaaaa","resource":"http://a/p","salt":"s-a"},
		{"request-id":"bbbbbbbbbbbbbbbb","resource":"NOT-REQUIRED","salt":"s-b","endpoints":"http://c:8083","secret-user":"`+secretUser.String()+`"}]`, bag["requests"])
	assert.JSONEq(t, `{"aaaaaaaaaaaaaaaa":{},"bbbbbbbbbbbbbbbb":{}}`, bag["data"], "each must be in data, and no other")
	assert.Len(t, bag, 3, "no keys of v0")

	again := relation(askedV1, bag)
	assert.Equal(t, answerTo(idB).SecretUser, again.Answer(idB).SecretUser)
	assert.Equal(t, schemas.Answer{RequestID: idA, Resource: "http://a/p", Salt: "s-a"}, again.Answer(idA), "it waits")
}

func TestTheAnswerToARequestThatIsGoneIsTakenBack(t *testing.T) {
	t.Parallel()
	both := connectprovider.Offer{Answers: []schemas.Answer{answerTo(idA), answerTo(idB)}}
	before := published(relation(askedV1, nil), both)
	fewer := relation(hook.Databag{"version": "v1", "requests": request(idA, "http://a/p") + "]"}, before)
	after := published(fewer, both)
	assert.NotContains(t, after["requests"], idB)
	assert.NotContains(t, after["data"], idB, "its requirer would fail over the answer to a request it does not know")
	assert.True(t, fewer.GoesOn(connectprovider.Key{Relation: 7, Request: idA}))
	assert.False(t, fewer.GoesOn(connectprovider.Key{Relation: 7, Request: idB}))
	assert.False(t, fewer.GoesOn(connectprovider.Key{Relation: 8, Request: idA}))
}

func TestARequirerOfV1HearsNothingBeforeThereIsSomething(t *testing.T) {
	t.Parallel()
	assert.Empty(t, relation(askedV1, nil).Changes(connectprovider.Offer{}))
	bag := published(relation(askedV1, nil), connectprovider.Offer{Status: []schemas.StatusEntry{lasting}})
	assert.Contains(t, bag["requests"], idA, "its library looks at the status only beside an answer")
	bag = published(relation(askedV1, bag), connectprovider.Offer{})
	assert.Contains(t, bag["requests"], idA, "and at its end")
	assert.Empty(t, bag["status"])
}

// A requirer that is refreshed to v1 leaves the keys of v0 in its databag.
func TestKeysOfTheOtherVersionAreTakenBack(t *testing.T) {
	t.Parallel()
	before := published(relation(askedV0, nil), connectprovider.Offer{Answers: []schemas.Answer{answerTo("")}})
	refreshed := maps.Clone(askedV1)
	maps.Copy(refreshed, askedV0)
	r := relation(refreshed, before)
	assert.Equal(t, schemas.Answer{RequestID: idA}, r.Answer(idA), "what was published is no answer to this request")
	assert.Equal(t, hook.Databag{"endpoints": "", "secret-user": ""}, r.Changes(connectprovider.Offer{}))
	after := published(r, connectprovider.Offer{Answers: []schemas.Answer{answerTo(idA), answerTo(idB)}})
	assert.Equal(t, []string{"data", "requests", "version"}, keysOf(after))
}

func TestABadRequestLeavesTheOthers(t *testing.T) {
	t.Parallel()
	r := relation(hook.Databag{"version": "v1", "requests": request(idA, "ftp://a") + "," + request(idB, "NOT-REQUIRED") + "]"}, nil)
	require.Len(t, r.Requests, 2)
	require.Error(t, r.Requests[0].Problem)
	require.NoError(t, r.Requests[1].Problem)
	require.NoError(t, r.Problem, "it is the request's")
	bag := published(r, connectprovider.Offer{Answers: []schemas.Answer{answerTo(idB)}, Status: []schemas.StatusEntry{lasting}})
	assert.Contains(t, bag["requests"], secretUser.String())
}

func TestWhatCannotBeReadLeavesEverythingAsItIs(t *testing.T) {
	t.Parallel()
	before := published(relation(askedV1, nil), connectprovider.Offer{Answers: []schemas.Answer{answerTo(idA), answerTo(idB)}})
	for name, asked := range map[string]hook.Databag{
		"a slip":          {"version": "v1", "requests": `[{"resource":`},
		"not yet written": {"version": "v1"},
		"another version": {"version": "v2", "requests": "[]"},
		"emptied":         {"topology": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := relation(asked, before)
			assert.True(t, r.Unclear)
			assert.Equal(t, name != "emptied", r.Problem != nil, "an incomplete request is the request's own")
			assert.True(t, r.GoesOn(connectprovider.Key{Relation: 7, Request: idA}))
			assert.False(t, r.GoesOn(connectprovider.Key{Relation: 8, Request: idA}))
			assert.Empty(t, r.Changes(connectprovider.Offer{}))
			changes := r.Changes(connectprovider.Offer{Status: []schemas.StatusEntry{lasting}})
			assert.NotContains(t, changes, "requests")
			assert.Equal(t, statusText(lasting), changes["status"])
		})
	}
}

// heard is what a requirer on the peers' library calls raised and resolved when it looks at a databag.
func heard(t *testing.T, bag hook.Databag) (raised, resolved []string) {
	t.Helper()
	var now []schemas.StatusEntry
	var data struct {
		Status map[string]schemas.StatusEntry `json:"status"`
	}
	if bag["status"] != "" {
		require.NoError(t, json.Unmarshal([]byte(bag["status"]), &now))
	}
	require.NoError(t, json.Unmarshal([]byte(bag["data"]), &data))
	codes := map[string]bool{}
	for _, entry := range now {
		code := fmt.Sprint(entry.Code)
		codes[code] = true
		if _, known := data.Status[code]; !known {
			raised = append(raised, entry.Message)
		}
	}
	for code, entry := range data.Status {
		if !codes[code] {
			resolved = append(resolved, entry.Message)
		}
	}
	return raised, resolved
}

func TestEveryStatusIsRaisedAndResolvedOnce(t *testing.T) {
	t.Parallel()
	other := schemas.StatusEntry{Code: 4000, Message: "plugin: 404", Resolution: "wait"}
	bag := hook.Databag{}
	for _, step := range []struct {
		status           []schemas.StatusEntry
		raised, resolved []string
	}{
		{[]schemas.StatusEntry{passing}, []string{"plugin: 503"}, nil},
		{[]schemas.StatusEntry{passing, lasting}, []string{"plugin: it is a zip"}, nil},
		{[]schemas.StatusEntry{other, lasting}, []string{"plugin: 404"}, nil}, // other words are raised anew
		{[]schemas.StatusEntry{lasting}, nil, []string{"plugin: 404"}},
		{nil, nil, []string{"plugin: it is a zip"}},
		{[]schemas.StatusEntry{lasting, lasting}, []string{"plugin: it is a zip; plugin: it is a zip"}, nil}, // one of a code
	} {
		bag = published(relation(askedV1, bag), connectprovider.Offer{Status: step.status})
		raised, resolved := heard(t, bag)
		assert.Equal(t, step.raised, raised)
		assert.Equal(t, step.resolved, resolved)
		assert.Empty(t, relation(askedV1, bag).Changes(connectprovider.Offer{Status: step.status}), "that is no reason to write again")
	}
	bag = published(relation(askedV1, bag), connectprovider.Offer{Status: []schemas.StatusEntry{lasting, lasting}, Answers: []schemas.Answer{answerTo(idA)}})
	raised, resolved := heard(t, bag)
	assert.Empty(t, raised, "an answer that comes later does not raise it again")
	assert.Empty(t, resolved)
}

// Several publications of one hook reach the requirer as one.
func TestAStatusThatIsPublishedFirstInAHookIsNotLost(t *testing.T) {
	t.Parallel()
	r := relation(askedV1, nil)
	r = r.With(r.Changes(connectprovider.Offer{Status: []schemas.StatusEntry{passing}}))
	r = r.With(r.Changes(connectprovider.Offer{Status: []schemas.StatusEntry{passing}, Answers: []schemas.Answer{answerTo(idA)}}))
	raised, _ := heard(t, r.Published)
	assert.Equal(t, []string{"plugin: 503"}, raised)
}

// Whatever stood in the databag, after the changes nothing is left to change, and the databag is of the contract.
func TestAfterThePublicationNothingIsLeftToPublish(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	bag := hook.Databag{}
	for range 2000 {
		asked := []hook.Databag{askedV0, askedV1, {"version": "v1", "requests": request(idA, "http://b") + "]"}, {"version": "v1"}, {}}[random.IntN(5)]
		var offer connectprovider.Offer
		r := relation(asked, bag)
		for _, request := range r.Requests {
			if random.IntN(2) == 0 {
				offer.Answers = append(offer.Answers, answerTo(request.ID))
			}
		}
		for _, entry := range []schemas.StatusEntry{passing, lasting, {Code: 4000, Message: "x"}} {
			if random.IntN(3) == 0 {
				offer.Status = append(offer.Status, entry)
			}
		}
		r = r.With(r.Changes(offer))
		require.Empty(t, r.Changes(offer), "%v then %v", bag, offer)
		_, err := schemas.DecodeProvider(r.Published)
		for _, problem := range schemas.Problems(err) {
			require.True(t, problem.Missing, "%v", problem)
		}
		bag = r.Published
	}
}

func TestARequirerThatHasWrittenNothingHasARequestToBeCompleted(t *testing.T) {
	t.Parallel()
	r := relation(nil, nil)
	require.Len(t, r.Requests, 1)
	assert.Equal(t, connectprovider.Key{Relation: 7}, r.Key(r.Requests[0]))
	assert.True(t, schemas.IsMissing(r.Requests[0].Problem))
	assert.Empty(t, r.Changes(connectprovider.Offer{}))
}

func keysOf(bag hook.Databag) []string {
	var keys []string
	for _, key := range []string{"data", "endpoints", "requests", "secret-tls", "secret-user", "status", "tls", "tls-ca", "version"} {
		if bag[key] != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
