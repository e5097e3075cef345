// SPDX-License-Identifier: Apache-2.0
/* An arc's lot: claim, heartbeat, members, commit, release, end, reclaim; publication from the claim; events, sweep.
 * Mirrors src/flow/arc_flow.cc (take_claim, judge_present, settle_sources, run_claimed, commit, publish, fail_attempt, retry_lot),
 * src/flow/claim_store.cc (HeldClaim), src/flow/publisher.cc (publish_claim, publish_held, finish_publication), src/flow/sweep.cc,
 * src/flow/sources.cc (find_arc). Text: docs/protocol.md, docs/formats/claim.md, docs/adr/0002, 0007, 0008.
 *
 * One source dataset with revisions 1…SOURCES, an arc with OWNERS (two processes), one subscriber of its sink. Every store
 * operation is one atomic step, and an owner may die (CRASHES) between any two: the steps of one ObjectStore::write (members,
 * claim, first public manifest) are steps here. A lease may be judged expired although its owner lives (ZOMBIES): the owner goes on
 * and meets failing conditional writes. Events may be lost (always possible), duplicated and delayed (the sweep raises them again).
 * Each write of the claim gives it a new ETag (`cver`: nonce and beat). Every conditional write is followed by reading the record,
 * so a lost answer is no case of its own. A revision of the source is a new content each time.
 * A revision of the sink is named by the attempt that made it; its members file gives the manifest (no private copy).
 *
 * Options (-D) that leave a rule out, and what is done instead:
 *   SWEEP_CLAIMS     the sweep looks at claims only, and a boundary has none (else: at published lots)
 *   DUP_BY_REVISION  an event is a duplicate whenever the claim names the present revision (else: and is committed or ended)
 *   CLEAR_SINKS      a new claim forgets the sinks of the last commit (else: kept until the next commit)
 *   KEY_REUSED       the members' key carries a count of failures (else: the attempt's ULID)
 *   SHARED_DATA      data keys are the same for every attempt, workload not deterministic (else: of each attempt)
 *   SOURCE_FIRST     the source is read before the claim (else: after)
 *   NO_EPOCH         a commit replaces whatever claim is there (else: replace_if the ETag that is held)
 *   BEHIND_LATER     a new commit does not wait for the last one's publication, so that `former` names another body
 *   COMMIT_LATER     POWER: the commit is not durable before the public manifest is there (Durable::Later)
 *   EPOCH_KEYS       POWER: the members' key carries the epoch, and the members are there before the taken claim is durable
 * Configurations:
 *   POWER=n          power failures: both owners die, events are lost or not, the claim is what was durable last; a claim that is
 *                    taken is durable later (docs/adr/0007)
 *   RELEASES=n       an owner ends in good order, or its attempt fails and is tried again: `retrying`
 *   ENDS=n           an attempt ends the lot (attempts used up, or lostAttempts): `ended`
 *   RETRIES=n        `cls retry` of an ended lot
 *   REACH            assert that the end is never reached: must fail, or the assertions there say nothing
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef ZOMBIES
#define ZOMBIES 1
#endif
#ifndef RELEASES
#define RELEASES 0
#endif
#ifndef ENDS
#define ENDS 0
#endif
#ifndef RETRIES
#define RETRIES 0
#endif
#ifndef OWNERS
#define OWNERS 2
#endif
#ifndef SOURCES
#define SOURCES 2
#endif
#define BIT(i) (1 << (i))
#define MOST 10                 /* attempts, + 1 */

mtype = { none, running, committed, retrying, ended };

byte src;                       /* present revision of the source; 0: not published yet */
mtype cst = none;               /* the claim: state, */
byte cep, catt, csrc, cver;     /* epoch, attempt, source revision; ETag */
byte sink, sinksrc;             /* its sink: attempt of the last commit, and the source revision that is made of */
byte smem, former;              /* `members` and `former` of the sink */
bool published;
byte memb[MOST];                /* members files by key: which attempt wrote them */
byte manifest;                  /* public manifest: of which attempt's commit */
byte data;                      /* SHARED_DATA: who wrote the data last */
byte dsrc, druns;               /* the subscriber's claim: the revision it names */
bool evA, evD;                  /* queued: look at the lot */
byte crashes, zombies, releases, ends, retries;
byte attempts;                  /* ULIDs given so far */

byte commits, lastCommit, publications;              /* ghosts */
short committedAttempts, epochs;                     /* ghosts: attempts that committed, epochs that did */
short gone;                                          /* ghost: attempts whose owner beats no longer */

#if defined(KEY_REUSED)
#define KEY 1
#elif defined(EPOCH_KEYS)
#define KEY ep
#else
#define KEY att
#endif
#ifdef DUP_BY_REVISION
#define FINISHED(st) ((st) != running && (st) != none)
#else
#define FINISHED(st) ((st) == committed || (st) == ended)
#endif
#ifdef NO_EPOCH
#define HELD true
#else
#define HELD (cver == v)
#endif

#ifdef POWER
byte power = POWER, generation;
mtype dcst = none;
byte dcep, dcatt, dcsrc, dsink, dsinksrc, dsmem, dformer;
bool dpublished;
/* What the claim says now is on disk. */
#define DURABLE dcst = cst; dcep = cep; dcatt = catt; dcsrc = csrc; dsink = sink; dsinksrc = sinksrc; dsmem = smem; \
                dformer = former; dpublished = published
#else
#define DURABLE skip
#endif
#ifdef COMMIT_LATER
#define COMMIT_DURABLE skip
#else
#define COMMIT_DURABLE DURABLE
#endif
#ifdef EPOCH_KEYS
#define MEMBERS_DURABLE skip
#else
#define MEMBERS_DURABLE DURABLE       /* a taken claim is synced with the next write, before that appears */
#endif

#define FORGET s = 0; v = 0; ep = 0; att = 0; e = 0; want = 0; old = 0; done = false; st = none
#define LET_GO if :: att -> gone = gone | BIT(att) :: else fi
#define MAYCRASH if :: atomic { crashes > 0 -> crashes--; LET_GO; FORGET; goto end_top } :: true fi
#define STOP atomic { LET_GO; FORGET; goto end_top }
/* The body at the public key becomes that of `want`; what goes is kept as `old`. */
#define REPLACE_MANIFEST(want, old) \
    assert(committedAttempts & BIT(want));                       /* C3: what is published was committed, */ \
    assert(manifest < (want));                                   /* and publication goes forward */ \
    assert(manifest == 0 || manifest == (old));                  /* C10: a former revision is kept under its own attempt */ \
    manifest = (want); publications++

proctype Owner() {
  byte s, v, ep, att, e, want, old;
  bool done;
  mtype st = none;

#ifdef POWER
  byte alive_in;
end_again:
  {
#endif
end_top:
  do
  :: /* an event, take_claim: the claim is read before the source */
#ifdef SOURCE_FIRST
     atomic { evA -> s = src };
     atomic { st = cst; v = cver; e = csrc; want = catt; done = (published || sink == 0) };
#else
     atomic { evA -> st = cst; v = cver; e = csrc; want = catt; done = (published || sink == 0) };
     s = src;
#endif
     atomic {                                                    /* judge_present */
       if
       :: s == 0 -> evA = false; FORGET; goto end_top            /* not ready */
       :: s && st == running && !(gone & BIT(want)) && (want != catt || zombies == 0) -> FORGET; goto end_top      /* Busy */
       :: s && st == running && !(gone & BIT(want)) && want == catt && zombies > 0 ->
          if :: zombies-- :: FORGET; goto end_top fi
       :: s && FINISHED(st) && e == s && done -> evA = false; FORGET; goto end_top                                 /* UpToDate */
       :: s && FINISHED(st) && e == s && !done -> evA = false; FORGET; goto publish
       :: else -> skip
       fi;
       e = 0; want = 0; done = false
     };
     /* claim: put_if_absent or replace_if(v), durable later */
     atomic {
       if
       :: cver != v -> FORGET; goto end_top
       :: else ->
          attempts++; assert(attempts < MOST);
          cver++; cst = running; cep++; catt = attempts; csrc = s;
          ep = cep; att = catt; v = cver; st = none; e = s; s = 0;
#ifdef CLEAR_SINKS
          sink = 0
#endif
       fi
     }
     MAYCRASH;
     evA = false;
     MAYCRASH;
     do                                                          /* settle_sources: read again; another one is named first */
     :: s = src;
        atomic {
          if
          :: s == e -> break
          :: s != e && cver == v -> cver++; v = cver; csrc = s; e = s; DURABLE
          :: else -> STOP
          fi
        }
     od;
     e = 0;
#ifndef BEHIND_LATER
     if                                                          /* what is behind is published first, then it looks again */
     :: atomic { sink != 0 && !published -> LET_GO; FORGET; evA = true; goto publish }
     :: atomic { sink == 0 || published || cver != v }
     fi;
#endif
     data = att;
     if                                                          /* heartbeat */
     :: atomic { cver == v -> cver++; v = cver; DURABLE }
     :: atomic { cver != v -> STOP }
     :: true
     fi;
     MAYCRASH;
     if
     :: atomic { releases > 0 -> releases--; if :: cver == v -> cver++; cst = retrying; DURABLE :: else fi; STOP }
     :: atomic { ends > 0 -> ends--; if :: cver == v -> cver++; cst = ended; DURABLE :: else fi; STOP }
     :: true
     fi;
     data = att;
     atomic {                                                    /* members, put_if_absent */
       assert(memb[KEY] == 0);                                   /* C8: an attempt's key is its own */
       memb[KEY] = att; MEMBERS_DURABLE
     }
     MAYCRASH;
     atomic {                                                    /* commit */
       if
       :: HELD ->
          assert(catt == att && cep == ep && cst == running);    /* C1: who commits holds the claim */
          assert(!(epochs & BIT(ep)));                           /* C11: no epoch commits twice */
          done = (sink == 0);
          cver++; v = cver; cst = committed; former = sink; sink = att; sinksrc = s; smem = KEY; published = false;
          assert(csrc == s);                                     /* C12: the claim names what was read */
          COMMIT_DURABLE;
          committedAttempts = committedAttempts | BIT(att); epochs = epochs | BIT(ep); commits++; lastCommit = att;
#ifndef COMMIT_LATER
          assert(commits <= SOURCES)                             /* C2: one commit per revision of the source */
#endif
       :: else -> STOP
       fi
     }
     MAYCRASH;
     if                                                          /* the first revision follows in the same call */
     :: atomic { done && manifest == 0 -> REPLACE_MANIFEST(att, 0) };
        MAYCRASH;
        if :: evD = true :: true fi;
        MAYCRASH;
        atomic { if :: cver == v -> cver++; published = true; DURABLE :: else fi; STOP }      /* finish_publication */
     :: atomic { !done || manifest != 0 -> LET_GO; FORGET; goto publish }
     fi

  :: atomic { sink != 0 && !published -> goto publish }          /* the sweep, or whoever reads the lot */

  :: atomic {                                                    /* the sweep raises the arc's event */
       !evA && src != 0 && (
#ifndef SWEEP_CLAIMS
         cst == none || (FINISHED(cst) && csrc != src) ||
#endif
         (cst == running && (gone & BIT(catt))) ||
#ifndef DUP_BY_REVISION
         cst == retrying ||
#endif
         false) -> evA = true }

  :: atomic { retries > 0 && cst == ended -> retries--; cver++; cst = retrying; DURABLE }     /* retry_lot */

  :: atomic { !evD && manifest != 0 && dsrc != manifest -> evD = true }     /* the sweep raises the subscriber's event */
  od;

publish:                                                         /* publish_claim */
  MAYCRASH;
  e = manifest;                                                  /* the published key before the claim: see revision.pml */
  MAYCRASH;
  atomic { want = sink; old = former; v = cver; done = published; if :: want == 0 -> FORGET; goto end_top :: else fi };
  if
  :: e == want -> skip
  :: e != want ->
     assert(memb[smem] == want || want != sink);                 /* C8: what the claim names can be published */
     MAYCRASH;
     atomic {                                                    /* keep what goes; put_if_absent or replace_if(e) */
       if
       :: manifest == e -> REPLACE_MANIFEST(want, old)
       :: else -> FORGET; goto publish                           /* somebody was faster: start over */
       fi
     };
     MAYCRASH
  fi;
  if :: evD = true :: true fi;                                   /* the event may be lost */
  atomic {                                                       /* replace_if: published */
    if
    :: done -> skip
    :: !done && cver == v -> cver++; published = true; DURABLE
    :: else -> FORGET; goto publish
    fi;
    FORGET; goto end_top
  }
#ifdef POWER
  } unless { generation != alive_in };
  atomic { alive_in = generation; FORGET; goto end_again }
#endif
}

#ifdef POWER
proctype Power() {
  do
  :: atomic {
       power > 0 -> power--; generation++;
       cst = dcst; cep = dcep; catt = dcatt; csrc = dcsrc; sink = dsink; sinksrc = dsinksrc; smem = dsmem; former = dformer;
       published = dpublished; cver++;
       gone = (1 << (attempts + 1)) - 1;                         /* all owners are dead */
       if :: evA = false :: true fi;
       if :: evD = false :: true fi
     }
  :: power == 0 -> break
  :: true -> break
  od
}
#endif

proctype Subscriber() {
  byte e;
end_top:
  do
  :: evD ->
     e = sink;                                                   /* find_arc: the claim, then the manifest */
     atomic {
       if
       :: manifest != e || e == 0 -> skip                        /* not the one the claim names: published first, looked at again */
       :: else ->
          evD = false;
          if
          :: dsrc == e -> skip
          :: else -> dsrc = e; druns++; assert(druns <= publications)      /* C5: does not run for nothing */
          fi
       fi;
       e = 0
     }
  od
}

proctype Source() {
  do
  :: atomic { src < SOURCES -> src++; if :: evA = true :: true fi }
  :: src == SOURCES -> break
  od
}

init {
  byte i;
  atomic {
    crashes = CRASHES; zombies = ZOMBIES; releases = RELEASES; ends = ENDS; retries = RETRIES;
    run Source(); run Subscriber();
    do :: i < OWNERS -> run Owner(); i++ :: else -> break od;
    i = 0;
#ifdef POWER
    run Power()
#endif
  }
  timeout;
#ifdef REACH
  assert(!REACH);
#endif
  assert(cst == committed || cst == ended);                      /* C6: no lost wake-up */
  assert(csrc == src);
  assert(manifest == lastCommit);                                /* C4: what was committed last is published, and so marked */
  assert(sink == lastCommit && (sink == 0 || published));
  assert(cst != committed || sinksrc == src);
  assert(dsrc == manifest);
#ifdef SHARED_DATA
  assert(data == manifest || manifest == 0)                      /* C7: published members are the committed attempt's bytes */
#endif
}
