-- Refused sign-ins are kept for a while only; the sweep finds the old ones among all events by this.
create index events_refused on events (happened) where kind = 'sign_in.refused';
