// SPDX-License-Identifier: Apache-2.0
/* Whose lot it is: deploy with `since`, enable and disable, arcs with two sources, a redeploy while a lot runs.
 * Mirrors src/flow/deploy.cc (put_subscription, read_subscription, set_enabled), src/flow/arc_flow.cc (find_sources, take_claim,
 * judge_present), src/flow/sweep.cc, src/flow/publisher.cc (the sink's manifest is the claim's).
 * Text: docs/formats/metadata.md, docs/protocol.md, docs/adr/0002, 0009.
 *
 * One lot, two subscribed sources; each publishes it once and (SECOND) source 0 a second revision. Deploy, disable and enable of the
 * arc happen at any time. One worker (its races are those of claim.pml). Times are ticks of the store's clock; every publication and
 * the deploy advance it. Events may be lost; one that comes while the arc is absent or disabled is dropped; the sweep raises the arc's
 * event while it is enabled and the records ask for a run.
 *
 * Rules, each with the option (-D) that leaves it out:
 *   LAST_TIME     a lot is the arc's own if it became *ready* (its last source's first publication) at or after `since` (else: every
 *                 manifest must have been published at or after `since`)
 *   SKEW          `since` is the time that the store gave to the subscription (else: the deployer's clock, which may be ahead)
 *   MOVES         only the first deploy sets `since` (else: enable sets it again)
 *   NO_SWEEP      lots that were published while the arc was absent or disabled are swept
 *   ONE_REVISION  the test for a duplicate compares the revisions of all sources (else: of the event's only)
 *   SINK_NOW      a helper publishes to the sink that the claim names (else: to that of the present declaration)
 * Configurations:
 *   SINK_MOVES    a redeploy changes the arc's sink dataset between commit and publication
 *   SECOND        source 0 gets a second revision
 *   REACH         assert that the end is never reached: must fail, or the assertions there say nothing
 */
byte clock = 1;
byte revision[2], born[2], ptime[2];     /* current revision of each source, time of first and of last publication */
bool deployed, on, ev;                /* `on`: enabled */
byte since;
byte named[2];                       /* the claim: source revisions; 0, 0: none */
byte runs;
byte firstDeploy;                    /* ghost: the store's time when the subscription record was stored */
byte decl = 1, claimDecl, sinkOf;    /* declaration now, declaration the claim began with, where the manifest went */

#define BOTH (revision[0] && revision[1])
#define LASTBORN (born[0] > born[1] -> born[0] : born[1])
#ifdef LAST_TIME
#define MINE (BOTH && ptime[0] >= since && ptime[1] >= since)
#else
#define MINE (BOTH && LASTBORN >= since)
#endif
#define WANT (deployed && on && MINE && (named[0] != revision[0] || named[1] != revision[1]))

proctype Source(byte i) {
  atomic { clock++; revision[i] = 1; born[i] = clock; ptime[i] = clock; if :: deployed && on -> ev = true :: true fi };
#ifdef SECOND
  atomic { if :: i == 0 -> clock++; revision[0] = 2; ptime[0] = clock; if :: deployed && on -> ev = true :: true fi :: else fi }
#endif
}

proctype Operator() {
#ifdef SKEW
  atomic { clock++; firstDeploy = clock; if :: since = clock + 1 :: since = clock + 2 :: since = clock fi };
#else
  atomic { clock++; firstDeploy = clock; since = clock };
#endif
  atomic { deployed = true; on = true };
  if
  :: on = false;
     atomic {
       on = true;
#ifdef MOVES
       clock++; since = clock
#endif
     }
  :: true
  fi;
#ifdef SINK_MOVES
  decl = 2
#endif
}

proctype Worker() {
  byte a, b;
end_top:
  do
  :: atomic { ev ->
       ev = false;
       if :: !(deployed && on) -> goto end_top :: else fi }      /* dropped */
     if :: !MINE -> goto end_top :: else fi;
     a = revision[0];
     b = revision[1];
     atomic {
       if
#ifdef ONE_REVISION
       :: named[1] == b && named[1] != 0 -> assert(named[0] == a); a = 0;   /* S5: what is dropped is a duplicate */
          b = 0; goto end_top
#else
       :: named[0] == a && named[1] == b -> a = 0; b = 0; goto end_top
#endif
       :: else -> named[0] = a; named[1] = b; claimDecl = decl; runs++; assert(runs <= 3)     /* S3: once per pair of revisions */
       fi
     };
     a = 0; b = 0;
#ifdef SINK_NOW
     sinkOf = decl;
#else
     sinkOf = claimDecl;
#endif
     assert(sinkOf == claimDecl)                                      /* S4: published where the claim's declaration says */
#ifndef NO_SWEEP
  :: atomic { !ev && WANT -> ev = true }
#endif
  od
}

init {
  atomic { run Source(0); run Source(1); run Operator(); run Worker() }
  timeout;
#ifdef REACH
  assert(!REACH);
#endif
  /* S1: a lot that became ready after the deploy has run, */
  assert(LASTBORN < firstDeploy || runs > 0);
  /* S2: and if it has run at all, then finally for the current revisions. */
  assert(runs == 0 || (named[0] == revision[0] && named[1] == revision[1]));
}
