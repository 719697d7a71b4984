package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"
)

const (
	healthPatience = 5 * time.Second
	healthAge      = time.Second
)

// health knows whether the worker answers. It asks at most once a second, however often it is asked: whoever asks
// needs no account.
type health struct {
	client   *http.Client
	upstream string

	mutex   sync.Mutex
	healthy bool
	asked   time.Time
}

func newHealth(worker http.RoundTripper, upstream string) *health {
	return &health{upstream: upstream, client: &http.Client{
		Transport:     worker,
		Timeout:       healthPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer says healthy or unhealthy and nothing more.
func (h *health) answer(w http.ResponseWriter, r *http.Request) {
	status, word := http.StatusServiceUnavailable, "unhealthy"
	if h.good(r.Context()) {
		status, word = http.StatusOK, "healthy"
	}
	writeJSON(w, status, map[string]string{"status": word})
}

func (h *health) good(ctx context.Context) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if time.Since(h.asked) >= healthAge {
		h.healthy = h.ask(context.WithoutCancel(ctx)) // the answer is for those who wait behind, too
		h.asked = time.Now()
	}
	return h.healthy
}

// ask takes the worker's own word, and before Connect 3.9, which has no /health, that it answers at all.
func (h *health) ask(ctx context.Context) bool {
	status := h.get(ctx, "/health")
	if status == http.StatusNotFound {
		status = h.get(ctx, "/")
	}
	return status == http.StatusOK
}

func (h *health) get(ctx context.Context, path string) (status int) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.upstream+path, nil)
	if err != nil {
		return 0
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
