// SPDX-License-Identifier: Apache-2.0
/* A boundary: file → decision → ledger segment → manifest.
 * Mirrors src/flow/boundary.cc (accept, place_late, decide, next_batch, commit, replace_pending, publish_unpublished,
 * store_arrivals), src/flow/ledger_log.cc (append, refresh). Text: docs/protocol.md, docs/formats/ledger.md.
 *
 * Two objects (files that stay where they are), four lots, PROCESSES that run the boundary on one home. Each sees a file at
 * any time after it is there, holds what it has seen in memory, and decides against the segments that it has read. Every store
 * operation is one atomic step; between any two a process may die (CRASHES) and lose its memory. Whatever put_if_absent
 * answers, the key is read next, so a lost answer is no case of its own. Reading all segments is one step: they never change.
 * That the manifest follows the segment in one call (ObjectStore::write) is two steps here, as it is for a crash.
 *
 * Options (-D) that leave a rule out, and what is done instead:
 *   NO_CHAIN     segments are not numbered one after the other; a lot's segment is put_if_absent by the lot
 *   NO_PUBLISH   a closed lot without manifest is published by nobody but who closed it
 *   CLOSING_ONLY every segment closes a lot, so that lines alone wait for one
 *   NOTED_EARLY  a file counts as taken in from when it is seen (a durable note), not from its line in the ledger
 *   FILTER_LATE  a filtered object is held, and closes its lot, like any other
 *   NO_STORE     a process that ends in good order does not store the lines of its open lots
 * Configurations:
 *   ARRIVAL_TIME lotSource arrivalTime: the own lot is that of the first sighting (else the object's own time says it)
 *   INFREQUENT   the first group of a lot closes it at once (else after the lot's interval has ended)
 *   REJECT       lateness `reject` (else `nextLot`)
 *   FILTER       object 0 is filtered out
 *   STOPS=n      orderly ends of a process
 *   REACH        assert that the end is never reached: must fail, or the assertions there say nothing
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef PROCESSES
#define PROCESSES 2
#endif
#define NL 4             /* lots */
#define END (NL - 1)     /* the clock's last value: every interval has ended and settled */
#define BIT(i) (1 << (i))
#define ARRIVED 3

byte now, crashes, stops;
byte mtime[2];           /* the objects' own time, as a lot; the file is there from then on */
byte segments;           /* segments stored */
byte listed;             /* objects that have a line, whatever it says */
byte lines[NL];          /* members by lot */
byte unplaced;           /* objects whose line is `filtered` or `rejected` */
byte closed;             /* lots that a segment closes */
byte collecting;         /* open lots that late members were placed in */
byte manifested, manifest[NL];
byte noted;              /* NOTED_EARLY */
byte first[2];           /* ghost, ARRIVAL_TIME: the lot of the first sighting, + 1; 0 where that was late */

#ifdef ARRIVAL_TIME
#define OWN(o) (now < NL - 2 -> now : NL - 2)
#else
#define OWN(o) mtime[o]
#endif
#define PRESENT (now < NL - 2 -> now : NL - 2)
#define HAS_LINES(l) (lines[l] && !(closed & BIT(l)))
#define LOG_OPEN ((HAS_LINES(0) -> 1 : 0) | (HAS_LINES(1) -> 2 : 0) | (HAS_LINES(2) -> 4 : 0) | (HAS_LINES(3) -> 8 : 0))
#define ALL(a) (a[0] | a[1] | a[2] | a[3])

proctype Process() {
  byte read;             /* segments that were read and decided against (decided_) */
  byte known, shut, open, coll;   /* what they say: objects listed, lots closed, lots with lines, collecting lots */
  byte held[NL];         /* objects by own lot (HeldArrivals) */
  byte late[NL];         /* members of collecting lots, not stored yet (immediate_) */
  byte out;              /* filtered and rejected lines, not stored yet (immediate_) */
  byte o, x, own, lot, l, again;
  bool won;

#define MINE (ALL(held) | ALL(late) | out)
#define READ read = segments; known = listed; shut = closed; open = LOG_OPEN; coll = collecting
#define CLEAR(a) a[0] = 0; a[1] = 0; a[2] = 0; a[3] = 0
#define FORGET d_step { CLEAR(held); CLEAR(late); out = 0; o = 0; x = 0; own = 0; lot = 0; l = 0; again = 0; won = 0; \
                        READ }                                           /* start(): the log is read */
#define MAYCRASH if :: atomic { crashes > 0 -> crashes--; FORGET; goto end_top } :: true fi

#ifdef REJECT
#define PLACE_LATE(x, own) out = out | (x)
#else
#define PLACE_LATE(x, own) \
    l = (PRESENT > (own) -> PRESENT : (own)); \
    do :: l < NL - 1 && (shut & BIT(l)) -> l++ :: else -> break od; \
    late[l] = late[l] | (x); l = 0
#endif
#if defined(FILTER) && !defined(FILTER_LATE)
#define FILTERED(x) ((x) & 1)
#else
#define FILTERED(x) 0
#endif
/* accept(), place(), decide() of one object */
#define ACCEPT(x, own) \
    if \
    :: FILTERED(x) -> out = out | (x) \
    :: !FILTERED(x) && (shut & BIT(own)) -> PLACE_LATE(x, own) \
    :: else -> held[own] = held[own] | (x) \
    fi
#if defined(FILTER) && defined(FILTER_LATE)
#define MEMBERS(x) ((x) & ~1)
#else
#define MEMBERS(x) (x)
#endif

/* Others' segments were read: all that is held is decided anew (replace_pending). */
#define REPLACE_PENDING d_step { \
    READ; out = out & ~known; own = 0; \
    do \
    :: own < NL -> \
       x = late[own] & ~known; late[own] = 0; \
       if :: x && (shut & BIT(own)) -> again = again | x :: else -> late[own] = x fi; \
       own++ \
    :: else -> break \
    od; \
    own = 0; \
    do \
    :: own < NL -> \
       x = held[own] & ~known; held[own] = 0; \
       if :: x && (shut & BIT(own)) -> again = again | x :: else -> held[own] = x fi; \
       own++ \
    :: else -> break \
    od; \
    own = 0; x = 0; \
    if :: again & 1 -> PLACE_LATE(1, mtime[0]) :: else fi; \
    if :: again & 2 -> PLACE_LATE(2, mtime[1]) :: else fi; \
    again = 0 }

#ifdef INFREQUENT
#define MAYCLOSE(l) (now == END || now > (l) || !(coll & BIT(l)))
#else
#define MAYCLOSE(l) (now == END || now > (l))
#endif
#define CLOSABLE(l) ((held[l] || (open & BIT(l))) && !(shut & BIT(l)) && MAYCLOSE(l))
#define PUBLISH(l) d_step { \
    if :: !(manifested & BIT(l)) -> manifested = manifested | BIT(l); manifest[l] = lines[l] :: else -> skip fi }

  FORGET;
end_top:
  do
  :: /* a scan sees a file that is new to it (take) */
     atomic {
       if
       :: now >= mtime[0] && !((known | MINE | noted) & 1) -> o = 0
       :: now >= mtime[1] && !((known | MINE | noted) & 2) -> o = 1
       fi;
       own = OWN(o);
#ifdef ARRIVAL_TIME
       if :: first[o] == 0 && !(shut & BIT(own)) -> first[o] = own + 1 :: else fi;
#endif
#ifdef NOTED_EARLY
       noted = noted | BIT(o);
#endif
       ACCEPT(BIT(o), own); o = 0; own = 0
     }

  :: /* the next segment: all lines that wait, and a lot that is due (next_batch, append) */
     atomic {
       if
       :: CLOSABLE(0) -> lot = 0
       :: CLOSABLE(1) -> lot = 1
       :: CLOSABLE(2) -> lot = 2
       :: CLOSABLE(3) -> lot = 3
#ifndef CLOSING_ONLY
       :: out || ALL(late) -> lot = NL
#endif
       fi
     }
     MAYCRASH;
     atomic {                                            /* put_if_absent, then the key is read */
       x = (lot < NL -> held[(lot < NL -> lot : 0)] : 0);
#ifdef NO_CHAIN
       won = (lot == NL || !(closed & BIT(lot)));
#else
       won = (segments == read);
#endif
       if
       :: won ->
          segments++;
          assert((listed & (x | ALL(late) | out)) == 0);                  /* L1: one line, and so one lot, per object */
          assert(!late[0] || !(closed & 1));                              /* L2: nothing joins a closed lot */
          assert(!late[1] || !(closed & 2));
          assert(!late[2] || !(closed & 4));
          assert(!late[3] || !(closed & 8));
          listed = listed | x | ALL(late) | out;
          unplaced = unplaced | out | (x & ~MEMBERS(x));
          own = 0;
          do
          :: own < NL ->
             if :: late[own] -> lines[own] = lines[own] | late[own]; collecting = collecting | BIT(own) :: else fi;
             own++
          :: else -> break
          od;
          own = 0;
          if :: lot < NL -> lines[lot] = lines[lot] | MEMBERS(x); closed = closed | BIT(lot); held[lot] = 0 :: else fi;
          CLEAR(late); out = 0;
          READ
       :: else -> lot = NL; REPLACE_PENDING
       fi;
       x = 0; won = 0
     }
     MAYCRASH;
     if :: lot < NL -> PUBLISH(lot) :: else fi;
     lot = 0

  :: /* a look at the log (catch_up) */
     atomic { segments != read -> REPLACE_PENDING }

#ifndef NO_PUBLISH
  :: /* a closed lot without manifest (publish_unpublished; an arc's sources.cc does the same) */
     atomic {
       shut & ~manifested;
       lot = 0;
       do :: (shut & ~manifested & BIT(lot)) == 0 -> lot++ :: else -> break od;
       skip; PUBLISH(lot); lot = 0
     }
#endif

  :: /* the process ends in good order (store_arrivals); another one begins */
     atomic { stops > 0 -> stops-- };
#if defined(ARRIVAL_TIME) && !defined(NO_STORE)
     do
     :: atomic {
          ALL(held) != 0 ->
          if
          :: segments == read ->
             segments++; own = 0;
             assert((listed & ALL(held)) == 0);
             listed = listed | ALL(held);
             do :: own < NL -> lines[own] = lines[own] | held[own]; own++ :: else -> break od;
             own = 0; CLEAR(held); READ
          :: else -> REPLACE_PENDING
          fi
        }
     :: atomic { ALL(held) == 0 -> break }
     od;
#endif
     skip; FORGET
  od
}

proctype Clock() {
  do :: now < END -> now++ :: else -> break od
}

init {
  byte i;
  atomic {
    crashes = CRASHES; stops = STOPS;
    if :: mtime[1] = 0 :: mtime[1] = 1 fi;
    do :: i < PROCESSES -> run Process(); i++ :: else -> break od;
    i = 0;
    run Clock()
  }
  timeout;
#ifdef REACH
  assert(!REACH);
#endif
  /* Nothing can happen any more: the promises must hold. */
  assert(now == END);
  assert((ALL(manifest) | unplaced) == ARRIVED);                          /* L3: every arrival is published or recorded */
  assert((ALL(manifest) & unplaced) == 0);
  assert(manifested == closed);
  assert(manifest[0] == lines[0] && manifest[1] == lines[1] && manifest[2] == lines[2] && manifest[3] == lines[3]);
#ifdef FILTER
  assert(mtime[1] != 0 || (lines[0] & 2));                                /* L4: what is filtered out does not use up its lot */
#endif
#ifdef ARRIVAL_TIME
  assert(PROCESSES > 1 || first[0] == 0 || (lines[first[0] - 1] & 1));                 /* L6: an orderly end forgets nothing */
#endif
}
