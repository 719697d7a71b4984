package api

import "time"

// SetAliveEvery has streams say more often that they are there.
func (a *API) SetAliveEvery(every time.Duration) { a.aliveEvery = every }
