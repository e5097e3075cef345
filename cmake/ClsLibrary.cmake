# cls_library(NAME DEPENDS a b PRIVATE lib…): the static library of a folder of src/: every .cc in it
# that is no test and no main. The folder's *_test.cc become one test program, NAME_test.
function(cls_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  add_library(cls_${name} STATIC ${sources})
  list(TRANSFORM ARG_DEPENDS PREPEND cls_)
  # A file set, so that the target all_verify_interface_header_sets compiles each header by itself.
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR PARENT_PATH include_root)
  target_sources(cls_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${include_root} FILES ${headers})
  target_link_libraries(cls_${name} PUBLIC cls_options ${ARG_DEPENDS} ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(CLS_TESTS AND tests)
    cls_test(${name}_test SOURCES ${tests} LINK cls_${name})
  endif()
endfunction()

# cls_test(NAME SOURCES … LINK …): a GoogleTest program; each of its tests is a ctest with a time limit.
function(cls_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} cls_options GTest::gmock GTest::gtest_main rapidcheck)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
