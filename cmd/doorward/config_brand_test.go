package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20"><rect width="100" height="20" fill="#f00"/></svg>`

func TestABrandIsReadWithItsLogo(t *testing.T) {
	file := write(t, minimal+`company: Acme
brand:
  logo_file: logo.svg
  accent: "#ffcc00"
  links: [{name: Imprint, url: "https://www.example.com/imprint"}]
time_zone: Europe/Berlin
`, map[string]string{"logo.svg": logo})
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	brand, found := c.brand()
	if len(found) > 0 || brand.Logo == nil || brand.Accent != "#ffcc00" || len(brand.Links) != 1 || brand.Links[0].Name != "Imprint" {
		t.Errorf("%+v, %v", brand, found)
	}
	if c.zone().String() != "Europe/Berlin" {
		t.Errorf("zone %s", c.zone())
	}
	c, err = loadConfig(write(t, minimal, nil), []string{"DOORWARD_BRAND_ACCENT=#1d4ed8", "DOORWARD_BRAND_LOGO_FILE=" + filepath.Join(filepath.Dir(file), "logo.svg"), "DOORWARD_TIME_ZONE=Asia/Tokyo"})
	if err != nil || c.Brand.Accent != "#1d4ed8" || c.zone().String() != "Asia/Tokyo" {
		t.Errorf("%+v, %v", c.Brand, err)
	}
	if brand, found := c.brand(); brand.Logo == nil || len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestABrandWithFaultsSaysEachWithItsLine(t *testing.T) {
	got := faultsOf(t, write(t, minimal+`brand:
  logo_file: logo.svg
  accent: blue
  links:
    - {name: Imprint, url: "http://www.example.com/"}
    - {name: "", url: "https://www.example.com/"}
    - {name: Shop, url: "https://www.example.com/", icon: x}
time_zone: Europe/Colonia
`, map[string]string{"logo.svg": strings.Replace(logo, "<rect", "<script/><rect", 1)}))
	for _, line := range []string{
		"config.yaml:3: brand.logo_file: holds <script>: an SVG may only draw (in Inkscape, save it as plain SVG)",
		`config.yaml:4: brand.accent: "blue" is not a colour like #1d4ed8`,
		"config.yaml:6: brand.links[0]: must begin with https://, or be mailto: with an address",
		"config.yaml:7: brand.links[1]: the name must have 1 to 40 letters",
		"config.yaml:8: brand.links[2].icon: there is no such setting",
		`config.yaml:9: time_zone: "Europe/Colonia" is not a name like Europe/Berlin`,
	} {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
	if t.Failed() || len(got) != 6 {
		t.Errorf("%d faults:\n%s", len(got), strings.Join(got, "\n"))
	}
	many := minimal + "brand:\n  links:\n" + strings.Repeat("    - {name: x, url: \"https://example.com\"}\n", 7)
	if got := faultsOf(t, write(t, many, nil)); len(got) != 1 || !strings.Contains(got[0], "brand.links: are 7; at most 6") {
		t.Errorf("%q", got)
	}
	if got := faultsOf(t, write(t, minimal+"brand: {logo_file: gone.png}\n", nil)); !slices.Equal(got, []string{"config.yaml:2: brand.logo_file: cannot open it: no such file or directory"}) {
		t.Errorf("%q", got)
	}
}

func TestATimeZoneMeansTheSameOnEveryMachine(t *testing.T) {
	for _, good := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu"} {
		if err := checkZone(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "Local", "Mars", "../../etc/passwd", "+02:00", "europe/berlin/x"} {
		if checkZone(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
