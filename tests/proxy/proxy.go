// Package proxy stands between a client and the workers of a Kafka Connect cluster. It notes what was asked and what came of
// it, and can answer in the cluster's place, as one does that rebalances, or as nothing should. What harms connections, whatever they
// carry, is package faults/network.
package proxy

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// Exchange is a request and the status of its answer.
type Exchange struct {
	Method    string
	Connector string // empty: none in particular
	Of        string // what of the connector: config, pause, …; empty: itself
	Status    int    // 502 where the worker did not answer
}

// IsWrite says whether it asked for a change.
func (e Exchange) IsWrite() bool { return e.Method != http.MethodGet }

// IsAccepted says whether the change was made, as far as the answer tells.
func (e Exchange) IsAccepted() bool { return e.IsWrite() && e.Status >= 200 && e.Status < 300 }

// Options of a Proxy.
type Options struct {
	// Instead says what a request is answered with instead of what the worker says; nil: nothing else. Nil: none is.
	Instead func(Exchange) Answer
	// OnWrite is called before a change is passed on, with how many were before it.
	OnWrite func(before int)
}

// Proxy stands in front of the workers of one cluster.
type Proxy struct {
	// Endpoints are one for each worker.
	Endpoints []string

	options   Options
	servers   []*httptest.Server
	mu        sync.Mutex
	exchanges []Exchange
	writes    int
}

// Start stands in front of workers. Close it after use.
func Start(workers []string, options Options) (*Proxy, error) {
	p := &Proxy{options: options}
	for _, worker := range workers {
		target, err := url.Parse(worker)
		if err != nil {
			p.Close()
			return nil, err
		}
		through := httputil.NewSingleHostReverseProxy(target)
		through.ErrorLog = log.New(io.Discard, "", 0)
		through.Transport = &http.Transport{MaxIdleConnsPerHost: 32}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, through) }))
		p.servers = append(p.servers, server)
		p.Endpoints = append(p.Endpoints, server.URL)
	}
	return p, nil
}

// Close ends the proxy.
func (p *Proxy) Close() {
	for _, server := range p.servers {
		server.Close()
	}
}

// Take gives what was exchanged since it was last called.
func (p *Proxy) Take() []Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.exchanges
	p.exchanges = nil
	return taken
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, through http.Handler) {
	exchange := read(r)
	noted := &notingWriter{ResponseWriter: w, note: func(status int) { p.note(exchange, status) }}
	defer noted.once(http.StatusOK) // where nothing was written
	announced := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.announce(exchange)
		through.ServeHTTP(w, r)
	})
	if answer := p.options.answer(exchange); answer != nil {
		answer(noted, r, announced)
		return
	}
	announced.ServeHTTP(noted, r)
}

func (p *Proxy) note(exchange Exchange, status int) {
	exchange.Status = status
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exchanges = append(p.exchanges, exchange)
}

func (o Options) answer(exchange Exchange) Answer {
	if o.Instead != nil {
		return o.Instead(exchange)
	}
	return nil
}

func (p *Proxy) announce(exchange Exchange) {
	if !exchange.IsWrite() || p.options.OnWrite == nil {
		return
	}
	p.mu.Lock()
	before := p.writes
	p.writes++
	p.mu.Unlock()
	p.options.OnWrite(before)
}

// read tells what a request is about: for a creation, its body says it.
func read(r *http.Request) Exchange {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/connectors"), "/")
	name, of, _ := strings.Cut(path, "/")
	if r.Method == http.MethodPost && name == "" {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var asked struct{ Name string }
		_ = json.Unmarshal(body, &asked) // what is not JSON, the worker refuses
		name = asked.Name
	}
	return Exchange{Method: r.Method, Connector: name, Of: of}
}

// notingWriter notes the status of an answer, before anybody has any of it: who has the answer finds it noted.
type notingWriter struct {
	http.ResponseWriter
	note  func(status int)
	noted bool
}

func (w *notingWriter) once(status int) {
	if !w.noted {
		w.noted = true
		w.note(status)
	}
}

func (w *notingWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.once(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *notingWriter) Write(said []byte) (int, error) {
	w.once(http.StatusOK)
	return w.ResponseWriter.Write(said)
}
