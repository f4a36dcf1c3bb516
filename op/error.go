package op

// Error is an OAuth error: its code and a description for the client's developer (printable ASCII without '"' and
// '\', never made from another error). Cause is only logged.
type Error struct {
	Code        string // RFC 6749 §4.1.2.1, §5.2; OIDC Core §3.1.2.6; RFC 6750 §3.1
	Description string
	Cause       error
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }
func (e *Error) Unwrap() error { return e.Cause }
