// SPDX-License-Identifier: Apache-2.0
/* `clean` deletes members of a former revision that no current manifest lists, while others publish.
 * Of the code it mirrors settle_sources in src/flow/arc_flow.cc (SETTLED) and the field `condemned` of the claim
 * (docs/formats/claim.md). Clean, rollback and replay themselves are not in the code yet: these are the rules for them.
 *
 * Source dataset S: revision 1 lists object 1, revision 2 lists object 2; current is 1 or 2. A replay makes 2 the current
 * one. Then, concurrently: clean of revision 1; a rollback to revision 1; an arc B that publishes a manifest listing the same objects
 * as the manifest it read (a barrier, a table arc); with SAMEKEY a second replay whose output has object 1's key again.
 * Every store operation is one step. Promise: no current manifest lists a deleted object.
 *
 * Rules (-D; a configuration without one shows what it is for):
 *   CONDEMN   clean first marks the revision `condemned` in the claim (replace_if); a rollback is a replace_if of the
 *             same claim and refuses a condemned revision; clean deletes only what no revision that a claim names as committed lists
 *   SETTLED   clean waits while a subscriber's running claim names the condemned revision, and reads claims, not only
 *             manifests; a subscriber stores its claim first and then reads the source again: other revision, other claim
 *   ROLLBACK, BARRIER, SAMEKEY   who runs beside clean
 *   EXCLUSIVE for SAMEKEY: cleaning is a state of the claim, so no attempt runs meanwhile
 *   ZOMBIE    the cleaner's lease is judged expired while it lives; the next attempt starts
 *   FENCED    for ZOMBIE: the delete names the version that the member list recorded (a version id, or an ETag that
 *             never comes back)
 *   REUSE     for SAMEKEY: an attempt that finds its output there already, with the same bytes, does not write it again
 *   REACH     assert that nothing is ever to be deleted: must fail, or the checks below say nothing
 *   NEWKEY    for SAMEKEY: every attempt writes keys of its own
 */
#define BIT(i) (1 << (i))

byte src = 1;                   /* current revision of S = what the claim's last commit names */
byte members[5];                /* objects (bits) that revision r of S lists; 1, 2: the two above; 3: the second replay's */
byte alive = 6;                 /* objects that exist: bits 1 and 2 */
byte version[4];                /* version of each object's bytes, for FENCED */
byte cver;                      /* ETag of S's claim */
bool condemned;                 /* the claim: revision 1 is condemned */
bool cleaning, replaying;       /* the claim's state: a cleaner, an attempt holds it */
byte bclaim, bdone;             /* B's claim: revision of the source that it names; ... of its last commit */
bool brunning;
byte bman;                      /* members of B's current manifest */

/* No current manifest lists a deleted object. */
#define SAFE ((members[src] & ~alive) == 0 && (bman & ~alive) == 0)
#define CHECK assert(SAFE)

proctype Cleaner() {
  byte cand, v, ver;
end_idle:
  atomic { src >= 2 -> skip };                                   /* revision 1 is in `removed` */
#ifdef EXCLUSIVE
end_wait:
  atomic { !replaying -> cleaning = true; cver++ };
#endif
#ifdef CONDEMN
  v = cver;
  if :: src == 1 -> goto out :: else fi;
  atomic { if :: cver == v -> cver++; condemned = true :: else -> goto out fi };
#endif
  cand = members[1];
  ver = 0;                                                       /* as revision 1's member list recorded it */
#ifdef SETTLED
end_settle:
  !(brunning && bclaim == 1);                                    /* claims before manifests: no running claim names revision 1 */
  cand = cand & ~(bdone != 0 -> members[bdone] : 0);
#endif
  cand = cand & ~bman;                                           /* current manifests of every dataset */
  cand = cand & ~members[src];
#ifdef REACH
  assert(cand == 0);
#endif
#ifdef FENCED
  atomic { if :: (cand & 2) && version[1] == ver -> alive = alive & ~cand; CHECK :: else fi };
#else
  atomic { alive = alive & ~cand; CHECK };
#endif
out:
#ifdef EXCLUSIVE
  cleaning = false
#else
  skip
#endif
}

#ifdef ROLLBACK
proctype Rollback() {
  byte v, was;
  bool ok;
end_idle:
  atomic { src >= 2 -> was = src };
#ifdef CONDEMN
  v = cver;
  if :: condemned -> goto out :: else fi;
#endif
  ok = ((members[1] & ~alive) == 0);                             /* every member has its recorded size and ETag */
  if
  :: !ok -> goto out
  :: else
  fi;
#ifdef CONDEMN
  atomic { if :: cver == v -> cver++; src = 1; CHECK :: else fi };
#else
  atomic { if :: src == was -> src = 1; CHECK :: else fi };
#endif
out: skip
}
#endif

#ifdef BARRIER
proctype Barrier() {
  byte r, got;
  byte turns = 3;
end_top:
  do
  :: atomic { turns > 0 && bdone != src -> turns-- };
     r = src;                                                    /* reads the source manifest */
     atomic { brunning = true; bclaim = r };                     /* and names its revision in the claim */
#ifdef SETTLED
     do
     :: atomic { src == r -> break }
     :: atomic { src != r -> r = src };
        bclaim = r                                               /* other revision, other claim; then read again */
     od;
#endif
     got = members[r];
     atomic { brunning = false; bdone = r };                     /* commit */
     atomic { if :: bdone == r -> bman = got; CHECK :: else fi } /* published */
  :: turns == 0 || (src == 2 && bdone == 2) -> break
  od
}
#endif

proctype Replay() {
  atomic { src = 2; cver++ };
#ifdef SAMEKEY
end_replay:
#ifdef ZOMBIE
  atomic { cleaning = false; replaying = true; cver++ };
#else
  atomic { !cleaning -> replaying = true; cver++ };
#endif
#ifdef NEWKEY
  atomic { alive = alive | BIT(3); members[3] = BIT(3) };
#else
#ifdef REUSE
  atomic { if :: alive & BIT(1) -> skip :: else -> alive = alive | BIT(1); version[1]++ fi; members[3] = BIT(1) };
#else
  atomic { alive = alive | BIT(1); version[1]++; members[3] = BIT(1) };
#endif
#endif
  atomic { replaying = false; src = 3; cver++; CHECK }           /* commit and publish */
#endif
}

init {
  atomic {
    members[1] = BIT(1); members[2] = BIT(2);
    run Cleaner(); run Replay();
#ifdef ROLLBACK
    run Rollback();
#endif
#ifdef BARRIER
    run Barrier()
#endif
  }
}
