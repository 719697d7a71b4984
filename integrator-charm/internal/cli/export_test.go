package cli

// For tests of what reads outside bytes.
var (
	ParseOffsets    = parseOffsets
	ParseSinkOffset = parseSinkOffset
	ParsePlan       = parsePlan
	ParseConnection = parseConnection
)
