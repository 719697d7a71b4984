package pluginserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// Path is where the file is served. It says nothing of the file: providers exist that read the URL only once, so that a
// new file has to come at the old URL.
const Path = "/api/v1/plugin"

// URL is where a provider downloads what a unit serves.
func URL(address string, port int) string {
	return "http://" + net.JoinHostPort(address, strconv.Itoa(port)) + Path
}

// servesLimit is how long Serves waits for an answer.
const servesLimit = 10 * time.Second

// Serves says whether a server of this package answers at a URL, with the file of this SHA-256. It asks for no byte of it.
func Serves(ctx context.Context, url, sha256 string) bool {
	limited, cancel := context.WithTimeout(ctx, servesLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	response, err := direct().Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK && response.Header.Get("ETag") == strconv.Quote(sha256)
}

// direct is a client that goes through no proxy: units reach each other without.
func direct() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// Config is what the server's process reads at its start.
type Config struct {
	Listen  string `json:"listen"`  // host:port
	File    string `json:"file"`    // the tarball, opened for each request
	Program string `json:"program"` // the binary it was started from: a new one is a change of settings
}

// Load reads the configuration file that Offer has written.
func Load(file string) (Config, error) {
	var config Config
	document, err := os.ReadFile(file)
	if err != nil {
		return config, fmt.Errorf("read the plugin server's configuration: %w", err)
	}
	if err := json.Unmarshal(document, &config); err != nil {
		return config, fmt.Errorf("read the plugin server's configuration %s: %w", file, err)
	}
	return config, nil
}

// The server's limits.
const (
	headerLimit   = 10 * time.Second // to send a request
	downloadLimit = time.Hour        // to take the file
	idleLimit     = time.Minute
	closeLimit    = 5 * time.Second // for downloads under way when the server stops
	headerBytes   = 16 << 10
)

// Serve serves the file until ctx ends. An address that cannot be listened on is an error.
func Serve(ctx context.Context, config Config, log *slog.Logger) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return fmt.Errorf("serve the plugin: %w", err)
	}
	server := &http.Server{
		Handler:           Handler(config.File, log),
		ReadHeaderTimeout: headerLimit, ReadTimeout: headerLimit, WriteTimeout: downloadLimit, IdleTimeout: idleLimit,
		MaxHeaderBytes: headerBytes,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	log.Info("serving", "address", listener.Addr().String(), "file", config.File)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the plugin: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		_ = server.Close()
	}
	<-ended
	return nil
}

// Handler answers GET and HEAD of [Path] with the file, ranges and conditions included; anything else is not found.
// Where the file is gone it says 503: a provider tries again later, and does not take the answer for a plugin.
func Handler(file string, log *slog.Logger) http.Handler {
	return &handler{file: file, log: log}
}

type handler struct {
	file string
	log  *slog.Logger

	mu   sync.Mutex
	last known
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "there is nothing but GET "+Path, http.StatusNotFound)
		return
	}
	h.log.Info("request", "method", r.Method, "client", r.RemoteAddr, "range", r.Header.Get("Range"))
	file, err := os.Open(h.file)
	if err != nil {
		h.unavailable(w, err)
		return
	}
	defer file.Close()
	served, err := h.digest(file)
	if err != nil {
		h.unavailable(w, err)
		return
	}
	w.Header().Set("ETag", strconv.Quote(served.SHA256))
	w.Header().Set("Content-Type", "application/octet-stream") // so that nobody unpacks it on the way
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Unix(0, served.Modified), file)
}

// digest reads a file only if it is not the one that was served last, and leaves it at its beginning.
func (h *handler) digest(file *os.File) (known, error) {
	id, err := identify(file)
	if err != nil {
		return known{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last.identity == id && h.last.SHA256 != "" {
		return h.last, nil
	}
	digest, err := hash(file)
	if err != nil {
		return known{}, err
	}
	h.last = known{id, digest}
	_, err = file.Seek(0, io.SeekStart)
	return h.last, err
}

func (h *handler) unavailable(w http.ResponseWriter, err error) {
	h.log.Error("the plugin cannot be read", "error", err)
	message := "the plugin's file cannot be read on this unit: see its log"
	if errors.Is(err, fs.ErrNotExist) {
		message = "the plugin's file is not on this unit: attach the charm's resource again"
	}
	w.Header().Set("Retry-After", "30")
	http.Error(w, message, http.StatusServiceUnavailable)
}
