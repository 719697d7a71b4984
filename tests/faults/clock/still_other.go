//go:build !linux || !amd64

package clock

func set(int, int64) error { return ErrUnsupported }
