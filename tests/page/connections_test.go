package page

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// nobody is an address that nothing listens at: no program is given a port of the system's that it does not ask for.
const nobody = "127.0.0.1:1"

// declared are options with a connection that leads nowhere: neither Kafka nor the registry is there.
const declared = "  connections:\n    interval: 1h\n    specs:\n" +
	"      - {id: orders, name: Kafka of orders, type: DIRECT, kafka_cluster: {bootstrap_servers: '" + nobody + "'},\n" +
	"         schema_registry: {uri: 'http://" + nobody + "'}}\n"

func TestOneLookSaysWhichSystemIsUnreachableAndWhy(t *testing.T) {
	t.Parallel()
	s := newStage(t, declared, map[string]string{"main": some})
	page := s.visit(desktop, ada, "")
	page.until("document.querySelector('.tabs a[href*=connections] .badge')?.textContent === '1'")
	page.click(".tabs a", "Connections")
	page.reads(".lead", "2 connections: 1 well, 1 not.")
	page.until("document.querySelector('.row .name').textContent === 'Kafka of orders'")
	page.reads(".row", "Failed")
	page.reads(".row-cause", "connect: ")
	page.click(".row-button", "Kafka of orders")
	page.reads(".system", "Connect: ")
	page.reads(".system", nobody)
	page.reads(".details", "declared in the manager's configuration")
	assert.NotContains(t, page.buttons(), "Delete", "what is declared is not the page's to delete")
	page.click(".row-button", "Kafka Connect of main")
	page.reads("#systems-context-main", "a cluster that this manager keeps")
	page.shot("connections")

	looks := s.visit(phone, viola, "#/connections")
	looks.click(".row-button", "Kafka Connect of main")
	looks.reads("#systems-context-main", "Success")
	assert.NotContains(t, strings.Join(looks.buttons(), " "), "Try now")
	looks.shot("phone connections")
}

func TestAConnectionIsTriedWhenSomebodyAsksAndThePageFollows(t *testing.T) {
	t.Parallel()
	s := newStage(t, "  connections: {interval: 1h}\n", map[string]string{"main": some})
	page := s.visit(desktop, ada, "#/connections")
	page.reads(".row", "Success")
	watches := s.visit(desktop, viola, "#/connections")
	watches.reads(".row", "Success")
	s.clusters["main"].Close()
	page.click(".row-button", "Kafka Connect of main")
	page.click("button", "Try now")
	page.reads("[role=status] .bar", "Kafka Connect of main was tried: failed")
	page.reads(".row", "Failed")
	watches.reads(".row", "Failed")
	watches.reads(".row-cause", "Kafka Connect: connect: ")
}
