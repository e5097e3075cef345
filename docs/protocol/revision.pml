// SPDX-License-Identifier: Apache-2.0
/* Revisions of one lot of an arc, published from the claim by whoever finds it behind.
 * Mirrors src/flow/publisher.cc (publish_claim, read_present, same_decision, publish_sink) and the choice of state and number
 * in src/flow/arc_flow.cc (decide). Text: docs/formats/claim.md "Publishing from the claim", docs/adr/0002, 0008.
 * Replay and rollback stand for every further commit of a lot; as commands they are not in the code yet.
 *
 * Decision 1 is the first commit. Then replays (new content) and rollbacks (content of decision 1 again) are decided by one
 * replace_if on the claim each, in any order. Who decided publishes; HELPERS others and a sweep do so too. A publisher
 * reads the claim, the `complete` and `empty` keys, the claim again, then acts, one store operation a step; it may be arbitrarily
 * slow and (CRASHES) stop for good between any two. A body's ETag is a function of its bytes.
 *
 * Rules, each with the option (-D) that leaves it out:
 *   CLAIM_FIRST  the published keys are read before the claim that is published (else: after it only)
 *   ONE_LOOK     the claim that was read before the keys still names the same decision after them
 *   NO_NUMBER    a body carries `revision n`, so that an ETag never comes back
 *   KEY_DELETED  no manifest key is ever deleted; once a lot was `complete` its later revisions are `complete` too, and
 *                `complete` is current wherever it is
 *   BEHIND_LATER a new revision is decided only when the last one is published, so that `former` names the body that goes
 *   DIRECT       a rollback changes the claim, not the manifest alone
 *   NOT_KEPT     the body that goes is kept at state=removed/attempt=<former>
 *   BY_EVENT     a subscriber looks for the current manifest, not for the one that its event names
 * Configurations:
 *   KINDS        revisions may change between complete and empty
 *   ALWAYS       the sweep compares every lot's keys with its claim for ever (else: until the decision was published once)
 *   SUBSCRIBER   one subscriber, whose events may be lost, duplicated and delayed
 *   FORWARD      R1 is checked too
 *   NOFINAL      R3, R4, R6 are not checked
 *   REACH        assert that the end is never reached: must fail, or the assertions there say nothing
 */
#ifndef HELPERS
#define HELPERS 1
#endif
#ifndef REPLAYS
#define REPLAYS 1
#endif
#ifndef ROLLBACKS
#define ROLLBACKS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define C 0
#define E 1
#define BIT(i) (1 << (i))

byte key[2];                    /* body at state=complete, state=empty; 0: absent */
byte number, state, content;    /* the claim's sink: number, state; the content it stands for */
byte published;                 /* the last decision that somebody finished publishing, as the claim says */
byte removed;                   /* bodies kept at state=removed/attempt=… */
byte taken, runs, ev;           /* the subscriber's claim, its runs, BIT(state) of events under way */
byte replays, rollbacks, crashes, state1;
bool everC;                     /* the claim: some revision was complete */
byte last, asked;               /* ghosts: highest decision made current; content that was asked for last */

#ifdef NO_NUMBER
#define BODY(n, c) (c)
#else
#define BODY(n, c) (n)
#endif
#define CURRENT (key[C] -> key[C] : key[E])
#ifdef KEY_DELETED
#define STALE (key[state] != BODY(number, content) || key[1 - state] != 0)
#else
#define STALE (key[state] != BODY(number, content))
#endif
#ifdef ALWAYS
#define BEHIND (published < number || STALE)
#else
#define BEHIND (published < number)
#endif
#ifdef BEHIND_LATER
#define MAYDECIDE true
#else
#define MAYDECIDE (published == number)
#endif
#ifdef BY_EVENT
#define MAXRUNS 8
#define RUN runs++; assert(runs <= MAXRUNS)      /* R5: does not run for ever */
#else
#define RUN skip
#endif
#ifdef FORWARD
#ifdef KEY_DELETED
#define CHECK_FORWARD(n) assert((n) >= last); last = (n)
#else
#define CHECK_FORWARD(n) if :: k == C || key[C] == 0 -> assert((n) >= last); last = (n) :: else fi   /* beside `complete`, `empty` is not current */
#endif
#else
#define CHECK_FORWARD(n) skip
#endif
#ifdef NOT_KEPT
#define KEEP(x) skip
#else
#if defined(NO_NUMBER) || defined(DIRECT) || defined(CLAIM_FIRST)
#define OWN_ATTEMPT(x) true
#else
#define OWN_ATTEMPT(x) ((x) == n - 1)
#endif
#define KEEP(x) atomic { assert(OWN_ATTEMPT(x)); removed = removed | BIT(x) }    /* R8: kept under its own attempt */
#endif
#define MAYCRASH if :: atomic { crashes > 0 -> crashes--; goto quit } :: true fi
#define TARGET (k == C -> c : e)
#define OTHER (k == C -> e : c)
#define FORGET m = 0; n = 0; k = 0; w = 0; c = 0; e = 0

/* Choose the state of the next revision (decide). */
inline set_state(wish) {
#ifdef KEY_DELETED
  state = wish;
#else
  state = (everC -> C : wish);
#endif
  everC = everC || state == C
}

inline publish() {
  do
  :: true ->
#ifdef CLAIM_FIRST
     atomic { n = number; k = state; w = BODY(number, content) };
     c = key[C];
     e = key[E];
#else
#ifndef ONE_LOOK
     m = number;
#endif
     c = key[C];
     e = key[E];
     atomic {
       n = number; k = state; w = BODY(number, content);
#ifndef ONE_LOOK
       if :: n != m -> goto again :: else fi                     /* same_decision */
#endif
     };
#endif
     MAYCRASH;
     /* keep what will go */
     if :: TARGET != 0 && TARGET != w -> KEEP(TARGET) :: else fi;
#ifdef KEY_DELETED
     if :: OTHER != 0 -> KEEP(OTHER) :: else fi;
#else
     if :: TARGET == 0 && OTHER != 0 -> KEEP(OTHER) :: else fi;
#endif
     MAYCRASH;
     atomic {
       if
       :: TARGET == w -> skip
       :: TARGET != w && key[k] == TARGET ->                     /* put_if_absent, or replace_if(what was seen) */
          assert(key[k] == 0 || (removed & BIT(key[k])));        /* R2: a revision that stops being current is kept */
          CHECK_FORWARD(n);                                      /* R1: only forward */
          key[k] = w
       :: else -> goto again                                     /* lost: read again */
       fi
     };
     MAYCRASH;
#ifdef KEY_DELETED
     atomic {
       if
       :: OTHER != 0 && key[1 - k] == OTHER ->                   /* delete_if(what was seen) */
          assert(removed & BIT(key[1 - k]));
          key[1 - k] = 0
       :: else
       fi
     };
     MAYCRASH;
#endif
#ifdef SUBSCRIBER
     if :: ev = ev | BIT(k) :: true fi;                          /* the event may be lost */
#endif
     atomic { if :: number == n -> published = n :: else fi; break };      /* replace_if on the claim: published */
again: atomic { FORGET }
  od;
  atomic { FORGET }
}

proctype Helper() {
  byte m, n, k, w, c, e;
  publish();
quit: skip
}

proctype Sweep() {
  byte m, n, k, w, c, e;
end_top:
  do
  :: BEHIND ->
     publish()
#ifdef SUBSCRIBER
  :: atomic { !(ev & BIT(C)) && key[C] != 0 && taken != key[C] -> ev = ev | BIT(C) }
#ifdef BY_EVENT
  :: atomic { !(ev & BIT(E)) && key[E] != 0 && taken != key[E] -> ev = ev | BIT(E) }
#else
  :: atomic { !(ev & BIT(E)) && key[E] != 0 && key[C] == 0 && taken != key[E] -> ev = ev | BIT(E) }
#endif
#endif
  od;
quit: atomic { FORGET; goto end_top }
}

proctype Replay() {
  byte m, n, k, w, c, e;
  do
  :: atomic { replays > 0 && MAYDECIDE ->
       content = 1 + replays; replays--; number++; asked = content;
#ifdef KINDS
       if :: set_state(C) :: set_state(E) fi
#else
       set_state(state1)
#endif
     };
     publish()
  :: replays == 0 -> break
  od;
quit: skip
}

proctype Rollback() {
  byte m, n, k, w, c, e;
  do
  :: rollbacks > 0 && (removed & BIT(BODY(1, 1))) && MAYDECIDE ->
#ifdef DIRECT
     c = key[state1];
     if
     :: c != 0 ->
        KEEP(c);
        atomic { if :: key[state1] == c -> key[state1] = BODY(1, 1); rollbacks--; asked = 1 :: else fi }
     :: else
     fi;
     atomic { FORGET }
#else
     atomic { MAYDECIDE -> rollbacks--; number++; content = 1; asked = 1; set_state(state1) };
     publish()
#endif
  :: rollbacks == 0 -> break
  :: true -> break
  od;
quit: skip
}

proctype Subscriber() {
  byte k, x;
end_top:
  do
  :: atomic { ev != 0 -> if :: ev & BIT(C) -> k = C :: ev & BIT(E) -> k = E fi; ev = ev & ~BIT(k) };
#ifdef BY_EVENT
     x = key[k];
#else
     x = key[C];
     if :: x == 0 -> x = key[E] :: else fi;
#endif
     atomic {
       if :: x != 0 && x != taken -> taken = x; RUN :: else fi;
       x = 0; k = 0
     }
  od
}

init {
  byte i;
  atomic {
    replays = REPLAYS; rollbacks = ROLLBACKS; crashes = CRASHES;
#ifdef KINDS
    if :: state1 = C :: state1 = E fi;
#endif
    number = 1; content = 1; asked = 1; state = state1; everC = (state1 == C);
    do :: i < HELPERS -> run Helper(); i++ :: else -> break od;
    run Sweep(); run Replay(); run Rollback();
#ifdef SUBSCRIBER
    run Subscriber()
#endif
  }
  timeout;
#ifdef REACH
  assert(!REACH);
#endif
#ifndef NOFINAL
  assert(!STALE);                                                /* R3: exactly the last decision is current, nothing beside it */
  assert(content == asked && CURRENT == BODY(number, asked));    /* R4: what the user asked for last is current */
#ifdef SUBSCRIBER
  assert(taken == CURRENT);                                      /* R6: the subscriber holds the latest */
#endif
#endif
}
