package jujutest

import "fmt"

// KillHook kills the program that runs a unit's hook or action now, with its process group, as a machine without memory does
// that ends what runs on it: the hook has failed, what it wrote is dropped, and it is run again. It says whether there was a
// program to kill. A charm that is a function has none.
func (m *Model) KillHook(unitName string) (killed bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unitName)
	if err != nil {
		return false, fmt.Errorf("kill a hook: %w", err)
	}
	if u.context == nil || u.context.kill == nil {
		return false, nil
	}
	u.context.kill()
	return true, nil
}
