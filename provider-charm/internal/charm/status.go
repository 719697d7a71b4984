package charm

import (
	"fmt"

	"connectcharms/requirer-lib/hook"
)

// status says in one line how the unit is: first what a person has to mend, then what is waited for.
func status(w *World) hook.Status {
	for _, said := range []func(*World) (hook.Status, bool){
		configStatus, adminStatus, downloadsStatus, kafkaStatus, certificateProblem, runtimeStatus, identityStatus, gatewayStatus, workerStatus,
		groupStatus, rolloutStatus, certificateStatus, tlsStatus, clientStatus, rotationStatus,
	} {
		if status, is := said(w); is {
			return status
		}
	}
	return hook.Status{Name: hook.Active, Message: summary(w) + w.expiryNote() + w.watchNotes()}
}

func configStatus(w *World) (hook.Status, bool) {
	if w.Config.Problem != "" {
		return blocked("%s", w.Config.Problem)
	}
	return hook.Status{}, false
}

func summary(w *World) string {
	switch clients := len(w.Clients); clients {
	case 0:
		return "ready, no clients"
	case 1:
		return "1 client"
	default:
		return fmt.Sprintf("%d clients", clients)
	}
}

func blocked(format string, args ...any) (hook.Status, bool) {
	return hook.Status{Name: hook.Blocked, Message: fmt.Sprintf(format, args...)}, true
}

func waiting(format string, args ...any) (hook.Status, bool) {
	return hook.Status{Name: hook.Waiting, Message: "waiting for " + fmt.Sprintf(format, args...)}, true
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
