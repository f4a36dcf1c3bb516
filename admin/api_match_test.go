package admin_test

import "testing"

// RG-06: whoever says what they have read removes and ends nothing that is another by now.
func TestWhatIsDoneToAStateThatWasReadIsNotDoneToAnother(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.person("anna@aviary.test", "")
		h.calls("write", "POST", "/groups", `{"name":"flock"}`).is(201)
		for _, path := range []string{"/people/" + p.ID, "/groups/flock"} {
			tag := h.calls("read", "GET", path, "").is(200).header.Get("Etag")
			h.calls("write", "DELETE", path, "", "If-Match", `"1"`).is(412)
			h.calls("write", "DELETE", path, "", "If-Match", "nonsense").is(412)
			if path != "/groups/flock" {
				h.calls("write", "POST", path+"/disable", "{}", "If-Match", `"1"`).is(412)
				h.calls("write", "POST", path+"/disable", "{}", "If-Match", tag).is(200)
				h.calls("write", "DELETE", path, "", "If-Match", tag).is(412) // it is disabled since
				tag = h.calls("read", "GET", path, "").is(200).header.Get("Etag")
			}
			h.calls("write", "DELETE", path, "", "If-Match", tag).is(200)
			h.calls("write", "DELETE", path, "", "If-Match", "*").is(404)
		}
	})
}
