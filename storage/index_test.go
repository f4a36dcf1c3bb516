package storage

import (
	"path/filepath"
	"strings"
	"testing"
)

// What a page, a sign-in or the sweep reads must not cost more the longer the house has stood: it is found by an index.
func TestNothingThatGrowsIsReadFromEndToEnd(t *testing.T) {
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	texts := append([]string{
		sessionByCookie, sessionsOf, startSession, raiseSession, endOthers,
		eventsOfUser, eventsOfReference, selectApps, revokeOthers,
		useTrust, presentTrust, selectTrust, selectTrusts, endTrusts, deleteTrust,
		replaceKind, replaceLinks, linkByToken, spendLink, endCodes,
		selectAuthenticators, countAuthenticators, useStep, deleteAuthenticator,
		selectRecovery, useRecovery, countRecovery, deleteRecovery,
		selectByIdentity, selectByLinkEmail, selectIdentities, touchIdentity, deleteIdentity, deleteSubject, deleteLinked, withdrawOfConsole,
		openLogout, tellOfUser, logoutsOf, logoutsSince, strings.Replace(nextLogout, "%s", "", 1), strings.Replace(claimLogout, "%s", "", 1), hurryOthers, failOthers, countLogouts, openedIn, dropLogouts, loseLogouts,
		countUnused, oldestUnused, deleteUnused, revokeConsented, withdrawOfClient, countChanges,
		revokeOfClient, latestGrant, countGrants, countAllow,
		signedIn, countStanding, otherAdmins, addressOfOther, linkOfOther, numberOfOther, lastLink, lastTurn, openLink,
		selectGroup, selectGroups, deleteGroup, leaveGroups, leaveGroup, moveMember, someMembers,
		eventByID, eventsOfAttempt, allKinds, grantsOfSession,
		selectUnchained, windowEnd, chainFrom, selectOldest, sweepEvents, sweepChain, selectTallies, sweepTallies,
		beginIdempotent, selectIdempotent, finishIdempotent, dropIdempotent,
		sweepRefused, sweepLinks, sweepGrants, sweepSessions, dropOpen,
	}, sweeps...)
	short := map[string]bool{
		"SCAN k":        true, // a row for each kind of events
		"SCAN kinds":    true,
		"SCAN thousand": true,                                              // members of a group, which are counted so far
		"SCAN living":   true, "SCAN allowed": true, "SCAN youngest": true, // ten thousand at most: a page that asks before a client is removed
		"SCAN q": true, // a row for each client that has something to be told
		"SCAN logouts USING INDEX logouts_waiting": true, // what is still to be told, for metrics
	}
	for _, text := range texts {
		if strings.Contains(text, "signing_keys") {
			continue // a handful
		}
		err := db.engine.read(t.Context(), func(u *unit) error {
			return u.rows("explain query plan "+text, make([]any, strings.Count(text, "$")), func(scan func(...any) error) error {
				var id, parent, unused int
				var detail string
				err := scan(&id, &parent, &unused, &detail)
				if strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "CONSTANT ROW") && !short[detail] {
					t.Errorf("%s\n%s", detail, text)
				}
				return err
			})
		})
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
