# How every target of the project is built: compiler rules, sanitizers, ccache, and one function a
# folder calls to declare its library and the tests that stand beside its sources.

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # g++ 12 miscompiles coroutines that hold aggregates: see docs/decisions.md.
  message(FATAL_ERROR "snapgate is built with clang++-19: use a preset (cmake --preset release)")
endif()

set(SNAPGATE_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(SNAPGATE_UNITY "Compile up to 16 sources of a folder as one: a full build is faster, a small change slower" OFF)
option(SNAPGATE_FUZZ "Build the libFuzzer targets" OFF)
option(SNAPGATE_ETCD "Build the client of etcd: tools/install etcd brings what it needs" OFF)
option(SNAPGATE_TEST_TIMES "Let the environment shorten waits: for tests/faults alone" OFF)

# The number of compilers that run at once: one more than the machine has cores, but at most one for each GB
# of memory, since a compiler takes up to 700 MB.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
cmake_host_system_information(RESULT megabytes QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR jobs "${cores} + 1")
math(EXPR room "${megabytes} / 1000")
if(room LESS jobs)
  set(jobs ${room})
endif()
if(jobs LESS 1)
  set(jobs 1)
endif()
set_property(GLOBAL PROPERTY JOB_POOLS compile=${jobs})
set(CMAKE_JOB_POOL_COMPILE compile)

find_program(SNAPGATE_CCACHE ccache)
if(SNAPGATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/cmake/compile ${SNAPGATE_CCACHE})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wunused-result
  -Wthread-safety
  -Xclang -fno-pch-timestamp)
add_link_options(-fuse-ld=lld-19)

if(SNAPGATE_SANITIZE)
  add_compile_options(-fsanitize=${SNAPGATE_SANITIZE} -fno-sanitize-recover=all)
  if(SNAPGATE_SANITIZE MATCHES "undefined")
    # It asks the kernel, through a pipe, whether memory can be read: without a free file descriptor,
    # which some tests bring about, it takes every object for a broken one.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  add_link_options(-fsanitize=${SNAPGATE_SANITIZE})
endif()

# How long ctest waits for one test before it ends it: none may hang.
if(SNAPGATE_SANITIZE)
  set(SNAPGATE_TEST_TIMEOUT 1800)
else()
  set(SNAPGATE_TEST_TIMEOUT 600)
endif()

# Asio and Beast are compiled once, in src/net/asio.cpp. A request is a stack of coroutines: Asio
# keeps the memory of so many coroutines for the next requests of the thread. With its default of 2
# nearly all of it came from malloc, in pieces that are too large for malloc's own cache.
add_compile_definitions(
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  SNAPGATE_VERSION="${PROJECT_VERSION}")

find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson 3 REQUIRED)

include(GoogleTest)

# snapgate_precompiled(NAME HEADER DEPS...)
# A target that compiles cmake/precompiled/HEADER once. Targets with the same compile options take it by
# REUSE_FROM.
include_directories(${CMAKE_SOURCE_DIR}/cmake/precompiled)
function(snapgate_precompiled name header)
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  # With angle brackets, the file that CMake generates does not contain the path of the sources, and ccache
  # finds it unchanged in other copies of them.
  target_precompile_headers(${name} PRIVATE <${header}>)
endfunction()

# The code under test is what has to be fast enough; its tests only have to be built.
set(SNAPGATE_TEST_OPTIONS $<$<CONFIG:Sanitize>:-O0>)

snapgate_precompiled(snapgate_precompiled snapgate_precompiled.h fmt::fmt simdjson::simdjson OpenSSL::SSL)
snapgate_precompiled(snapgate_precompiled_asio snapgate_precompiled_asio.h fmt::fmt simdjson::simdjson OpenSSL::SSL)
snapgate_precompiled(snapgate_precompiled_tests snapgate_precompiled_tests.h fmt::fmt simdjson::simdjson OpenSSL::SSL
                     GTest::gmock)
target_compile_options(snapgate_precompiled_tests PRIVATE ${SNAPGATE_TEST_OPTIONS})

# snapgate_unity(TARGET BATCH APART a.cpp ...)
# With SNAPGATE_UNITY, compiles up to BATCH sources of the target as one, so that they share the cost of headers and
# templates. The sources after APART are compiled alone, because another source has the same local names.
function(snapgate_unity target batch)
  cmake_parse_arguments(ARG "" "" "APART" ${ARGN})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SNAPGATE_UNITY} UNITY_BUILD_BATCH_SIZE ${batch})
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS ARG_APART)
    if(NOT source IN_LIST sources)
      message(FATAL_ERROR "${target}: APART names ${source}, which is not among its sources")
    endif()
    set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()

# snapgate_test(TARGET SOURCES a_test.cpp ... APART a_test.cpp ... DEPS snapgate::base ...)
# A program of tests. ctest runs each of them by itself, with the program's name for a label. With a sanitizer, whose
# processes take long to start, ctest runs a quarter of the tests in one process; build/NAME/gtest holds their results.
# APART as for snapgate_unity.
function(snapgate_test target)
  cmake_parse_arguments(ARG "" "" "SOURCES;APART;DEPS" ${ARGN})
  add_executable(${target} ${ARG_SOURCES})
  target_precompile_headers(${target} REUSE_FROM snapgate_precompiled_tests)
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE SNAPGATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_compile_options(${target} PRIVATE ${SNAPGATE_TEST_OPTIONS})
  snapgate_unity(${target} 8 APART ${ARG_APART})
  if(NOT SNAPGATE_SANITIZE)
    gtest_discover_tests(${target} PROPERTIES LABELS ${target} TIMEOUT ${SNAPGATE_TEST_TIMEOUT} DISCOVERY_TIMEOUT 60)
    return()
  endif()
  foreach(shard RANGE 3)
    add_test(NAME ${target}.${shard} COMMAND ${target})
    set(results ${CMAKE_BINARY_DIR}/gtest/${target}.${shard}.xml)
    set(environment GTEST_TOTAL_SHARDS=4 GTEST_SHARD_INDEX=${shard} GTEST_BRIEF=1 GTEST_OUTPUT=xml:${results})
    set_tests_properties(${target}.${shard} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT ${SNAPGATE_TEST_TIMEOUT}
                         LABELS ${target})
  endforeach()
endfunction()

# snapgate_library(NAME [ASIO] SOURCES a.cpp ... APART a.cpp ... DEPS snapgate::base ...
#                  TESTS a_test.cpp ... TESTS_APART a_test.cpp ... TEST_DEPS ...)
# One static library a folder (snapgate::NAME), and one test program (NAME_test) of the tests. APART and TESTS_APART as
# for snapgate_unity. ASIO: the sources use Asio.
function(snapgate_library name)
  cmake_parse_arguments(ARG "ASIO" "" "SOURCES;APART;DEPS;TESTS;TESTS_APART;TEST_DEPS" ${ARGN})
  add_library(snapgate_${name} STATIC ${ARG_SOURCES})
  add_library(snapgate::${name} ALIAS snapgate_${name})
  target_include_directories(snapgate_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  if(ARG_ASIO)
    target_precompile_headers(snapgate_${name} REUSE_FROM snapgate_precompiled_asio)
  else()
    target_precompile_headers(snapgate_${name} REUSE_FROM snapgate_precompiled)
  endif()
  # Units of 16 sources still keep several cores busy.
  snapgate_unity(snapgate_${name} 16 APART ${ARG_APART})
  target_link_libraries(snapgate_${name} PUBLIC ${ARG_DEPS} Threads::Threads)
  if(ARG_TESTS)
    snapgate_test(${name}_test SOURCES ${ARG_TESTS} APART ${ARG_TESTS_APART} DEPS snapgate_${name} ${ARG_TEST_DEPS})
  endif()
endfunction()
