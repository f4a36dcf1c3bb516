package web

import "strings"

type mark struct{ in, name string }

// The order is the point: most browsers name their ancestors too, so the youngest name is looked for first.
var (
	browsers = []mark{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"},
		{"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Safari/", "Safari"},
		{"curl/", "curl"}, {"w3m/", "w3m"}, {"Lynx/", "Lynx"},
	}
	systems = []mark{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
		{"CrOS", "ChromeOS"}, {"Macintosh", "Mac"}, {"Linux", "Linux"},
	}
)

// Agent names browser and system of a User-Agent shortly, "Chrome" and "Windows", each "" when unknown. Only names of our
// own lists come out: nothing that a visitor writes reaches a page or a letter.
func Agent(userAgent string) (string, string) {
	return find(browsers, userAgent), find(systems, userAgent)
}

func find(marks []mark, userAgent string) string {
	for _, m := range marks {
		if strings.Contains(userAgent, m.in) {
			return m.name
		}
	}
	return ""
}
