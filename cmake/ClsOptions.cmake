# Compiler options of our own targets, in one interface target; ccache and mold where they are installed.
find_program(CLS_CCACHE ccache)
if(CLS_CCACHE)
  # base_dir and hash_dir let a clone at another path hit the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CLS_CCACHE})
endif()

add_library(cls_options INTERFACE)
target_compile_options(cls_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                       -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_include_directories(cls_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
find_program(CLS_MOLD mold)
if(CLS_MOLD)
  target_link_options(cls_options INTERFACE -fuse-ld=mold)
endif()
if(CLS_SANITIZE)
  target_compile_options(cls_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_compile_definitions(cls_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(cls_options INTERFACE -fsanitize=address,undefined)
endif()
if(CLS_THREAD_SANITIZE)
  target_compile_options(cls_options INTERFACE -fsanitize=thread)
  target_link_options(cls_options INTERFACE -fsanitize=thread)
endif()
if(CLS_COVERAGE)
  # By clang, which counts conditions of the source; it is gcc's warnings that must not be.
  target_compile_options(cls_options INTERFACE -w)
endif()

# What is installed looks for libjsonnet in lib/ beside its bin/ first: there it is in a tarball of make dist.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(tl-expected REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers only
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_package(pugixml REQUIRED)
# Static, so that a cls that is copied to another machine needs libjsonnet beside it and nothing else that a plain
# system lacks. (What the packages' own switches would do, whatever a build tree has in its cache.)
function(cls_link_static target name)
  find_library(CLS_STATIC_${name} lib${name}.a REQUIRED)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${CLS_STATIC_${name}}")
endfunction()
cls_link_static(OpenSSL::SSL ssl)
cls_link_static(OpenSSL::Crypto crypto)
cls_link_static(SQLite::SQLite3 sqlite3)
find_library(CLS_STATIC_re2 libre2.a REQUIRED)
set_target_properties(PkgConfig::RE2 PROPERTIES INTERFACE_LINK_LIBRARIES "${CLS_STATIC_re2};Threads::Threads")
if(CLS_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  include(GoogleTest)
endif()
