package news_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/news"
)

func TestASlowSubscriberGetsEachThingOnce(t *testing.T) {
	t.Parallel()
	var desk news.Desk[string]
	desk.Tell("before")
	one, other := desk.Subscribe(), desk.Subscribe()
	desk.Tell("a", "b")
	desk.Tell("a")
	<-one.News()
	assert.Equal(t, map[string]struct{}{"a": {}, "b": {}}, one.Take())
	assert.Empty(t, one.Take())
	assert.Empty(t, one.News(), "there is nothing to take")
	desk.Tell("c")
	assert.Equal(t, map[string]struct{}{"c": {}}, one.Take())
	assert.Equal(t, map[string]struct{}{"a": {}, "b": {}, "c": {}}, other.Take(), "it has not looked before")
}

func TestOneSubscriberIsToldAlone(t *testing.T) {
	t.Parallel()
	var desk news.Desk[int]
	one, other := desk.Subscribe(), desk.Subscribe()
	one.Tell()
	<-one.News()
	assert.Empty(t, one.Take())
	one.Tell(7)
	assert.Equal(t, map[int]struct{}{7: {}}, one.Take())
	assert.Empty(t, other.News())
}

func TestAClosedSubscriptionHearsNothing(t *testing.T) {
	t.Parallel()
	var desk news.Desk[int]
	gone := desk.Subscribe()
	gone.Close()
	gone.Close()
	desk.Tell(1)
	assert.Empty(t, gone.News())
	assert.Empty(t, gone.Take())
}
