package storage

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// claimRules say what the claims of a person may hold (OIDC Core §5.1, §5.1.1), so that relying parties get the types that
// they expect. A claim that is not here is one that nobody would ever be told.
var claimRules = map[string]struct {
	fits func(value any) bool
	why  string
}{
	"name":                  {isText, textual},
	"given_name":            {isText, textual},
	"family_name":           {isText, textual},
	"middle_name":           {isText, textual},
	"nickname":              {isText, textual},
	"preferred_username":    {isText, textual},
	"gender":                {isText, textual},
	"profile":               {isWebPage, "wants an http or https URL"},
	"picture":               {isWebPage, "wants an http or https URL"},
	"website":               {isWebPage, "wants an http or https URL"},
	"birthdate":             {isBirthdate, "wants YYYY-MM-DD, 0000-MM-DD without a year, or YYYY"},
	"zoneinfo":              {isZone, "wants a time zone like Europe/Berlin"},
	"locale":                {isLocale, "wants a language tag like de-DE"},
	"updated_at":            {isSeconds, "wants a number of whole seconds since 1970"},
	"phone_number":          {isPhone, "wants a telephone number like +49 30 1234567"},
	"phone_number_verified": {isTruth, "wants true or false"},
	"address":               {isAddress, "wants an object of formatted, street_address, locality, region, postal_code, country"},
}

const textual = "wants one line of 1 to 200 characters"

// checkClaims judges each claim by its rule.
func (u User) checkClaims(f *faults) {
	for name, value := range u.Claims {
		rule, known := claimRules[name]
		switch {
		case name == "sub", name == "email", name == "email_verified", name == "groups":
			// These are columns, or follow from them: a second spelling among the claims could differ.
			f.unless(false, "claims", name+" does not belong among them")
		case !known:
			f.unless(false, "claims", name+" is not one that applications could ask for")
		default:
			f.unless(rule.fits(value), "claims", name+" "+rule.why)
		}
	}
}

func isText(v any) bool {
	s, ok := v.(string)
	return ok && printable(s, 200)
}

func isWebPage(v any) bool {
	s, ok := v.(string)
	u, err := url.Parse(s)
	return ok && err == nil && plainURI(s) && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

func isBirthdate(v any) bool {
	s, _ := v.(string)
	if len(s) == len("0000-01-02") && s[:4] == "0000" {
		s = "2000" + s[4:] // a leap year: the 29th of February is somebody's birthday
	}
	for _, layout := range []string{"2006-01-02", "2006"} {
		if day, err := time.Parse(layout, s); err == nil && day.Year() > 0 {
			return true
		}
	}
	return false
}

var (
	zoneText   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)
	localeText = regexp.MustCompile(`^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$`) // OIDC Core §5.1 lets "_" pass
	phoneText  = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]*[0-9](;ext=[0-9]+)?$`)
)

func isZone(v any) bool { return matches(zoneText, v, 64) }

func isLocale(v any) bool { return matches(localeText, v, 35) }

func isPhone(v any) bool { return matches(phoneText, v, 40) }

func matches(text *regexp.Regexp, v any, most int) bool {
	s, ok := v.(string)
	return ok && len(s) <= most && text.MatchString(s)
}

func isTruth(v any) bool {
	_, ok := v.(bool)
	return ok
}

// isSeconds: what was read from JSON is a float64.
func isSeconds(v any) bool {
	switch n := v.(type) {
	case float64:
		return n > 0 && n < 1<<40 && n == float64(int64(n))
	case int64:
		return n > 0 && n < 1<<40
	case json.Number:
		i, err := n.Int64()
		return err == nil && i > 0 && i < 1<<40
	}
	return false
}

// addressMembers are those of OIDC Core §5.1.1, and whether they may have several lines.
var addressMembers = map[string]bool{
	"formatted": true, "street_address": true, "locality": false, "region": false, "postal_code": false, "country": false,
}

var lineBreaks = strings.NewReplacer("\r\n", " ", "\n", " ")

func isAddress(v any) bool {
	members, ok := v.(map[string]any)
	if !ok || len(members) == 0 {
		return false
	}
	for name, value := range members {
		lines, known := addressMembers[name]
		s, isString := value.(string)
		if lines {
			s = lineBreaks.Replace(s)
		}
		if !known || !isString || !printable(s, 400) {
			return false
		}
	}
	return true
}
