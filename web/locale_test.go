package web

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestACatalogueWithAFaultIsNotLoaded(t *testing.T) {
	good := "{\n  \"a\": \"**Hello** {name}\",\n  \"b\": \"Bye\"\n}"
	for name, c := range map[string]struct{ de, fault string }{
		"key missing":             {"{\n  \"a\": \"**Hallo** {name}\"\n}", `de: no text for "b"`},
		"key unknown to English":  {"{\n  \"a\": \"**Hallo** {name}\",\n  \"b\": \"x\",\n  \"c\": \"x\"\n}", `en: no text for "c"`},
		"placeholder missing":     {"{\n  \"a\": \"**Hallo**\",\n  \"b\": \"x\"\n}", `"a" has other placeholders`},
		"placeholder of own name": {"{\n  \"a\": \"**Hallo** {vorname}\",\n  \"b\": \"x\"\n}", `"a" has other placeholders`},
		"bold without end":        {"{\n  \"a\": \"**Hallo {name}\",\n  \"b\": \"x\"\n}", "** does not end"},
		"key twice":               {"{\n  \"a\": \"**Hallo** {name}\",\n  \"b\": \"x\",\n  \"b\": \"y\"\n}", "a key stands twice"},
		"not flat":                {"{\n  \"a\": {\"x\": \"y\"}\n}", "cannot unmarshal"},
		"no JSON":                 {"{", "unexpected end"},
	} {
		_, err := readCatalogues(fstest.MapFS{"locale/en.json": {Data: []byte(good)}, "locale/de.json": {Data: []byte(c.de)}})
		if err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readCatalogues(fstest.MapFS{}); err == nil {
		t.Errorf("no catalogues at all")
	}
}
