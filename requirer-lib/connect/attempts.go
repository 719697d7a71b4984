package connect

// attempts keeps count within one call.
type attempts struct {
	endpoints int
	at        int  // endpoint to ask
	direct    int  // endpoints still to be asked whether they do it themselves
	refused   int  // of those asked, those that do not
	made      int  // requests sent
	waits     int  // times waited
	inRound   int  // endpoints asked since the last wait
	hopeless  int  // of those, where waiting will not help
	doubted   bool // some request may have been carried out
}

// begin chooses where a call begins: at the endpoint that answered last.
func (c *Client) begin(call call) attempts {
	run := attempts{endpoints: len(c.endpoints), at: int(c.lastGood.Load())}
	c.seekLeader(&run, call)
	return run
}

// seekLeader has what is the leader's to do asked directly, from the endpoint on
// that led last.
func (c *Client) seekLeader(run *attempts, call call) {
	if !call.forLeader || run.endpoints == 1 {
		return
	}
	leads, seek := c.leader.lookup(c.now())
	if leads >= 0 {
		run.at = leads
	}
	if seek {
		run.direct, run.refused = run.endpoints, 0
	}
}

// answered remembers who gave a call its result, or its error.
func (c *Client) answered(run attempts, said verdict) {
	c.lastGood.Store(int64(run.at))
	if run.direct > 0 && said.step == accept {
		c.leader.found(run.at)
	}
}

// judge has one rule more for a request that its worker must not send on.
func (a *attempts) judge(call call, got answer) verdict {
	if a.direct > 0 && isNotLeading(got) {
		return verdict{step: next, reason: notLeading}
	}
	return call.judge(got)
}

// failed notes a verdict and goes to the next endpoint. It tells whether to wait
// before that, and whether there is hope in one more request at all.
func (a *attempts) failed(said verdict) (wait, hope bool) {
	a.at = (a.at + 1) % a.endpoints
	a.made++
	a.doubted = a.doubted || said.doubt
	if a.direct > 0 && said.step == next {
		a.direct--
		if said.reason == notLeading {
			a.refused++
		}
		return false, true // another one leads, or in the end any will send it on
	}
	a.direct = 0
	a.inRound++
	if said.hopeless {
		a.hopeless++
	}
	hope = a.hopeless < a.endpoints
	wait = said.step == pause || a.inRound >= a.endpoints
	if wait {
		a.inRound, a.hopeless = 0, 0
	}
	return wait, hope
}
