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

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(tl-expected REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers only
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_package(pugixml REQUIRED)
if(CLS_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  include(GoogleTest)
endif()
