# Compiler settings that every target shares.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
find_package(Threads REQUIRED)

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers and ccache only agree when ccache may ignore their time stamps.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_library(stagepost_flags INTERFACE)
target_include_directories(stagepost_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_options(stagepost_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wthread-safety -Wnon-virtual-dtor -Werror
  -fno-strict-aliasing -Xclang -fno-pch-timestamp)
target_compile_definitions(stagepost_flags INTERFACE
  SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL BOOST_ASIO_NO_DEPRECATED
  STAGEPOST_VERSION="${PROJECT_VERSION}")
target_link_options(stagepost_flags INTERFACE -fuse-ld=lld)
target_link_libraries(stagepost_flags INTERFACE Threads::Threads)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # CHECKs stay on in release; so do the library's own assertions.
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
  target_compile_definitions(stagepost_flags INTERFACE _GLIBCXX_ASSERTIONS _FORTIFY_SOURCE=2)
  target_compile_options(stagepost_flags INTERFACE -fstack-protector-strong -fPIE)
else()
  # With sanitizers the optimiser takes longer than what it saves when the tests run.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  target_compile_definitions(stagepost_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(NOT STAGEPOST_SANITIZE STREQUAL "")
  target_compile_options(stagepost_flags INTERFACE
    -fsanitize=${STAGEPOST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stagepost_flags INTERFACE -fsanitize=${STAGEPOST_SANITIZE})
endif()
if(STAGEPOST_FUZZ)
  # What runs for hours is optimised: two to four times as many executions.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  # Every room counts its edges, so that libFuzzer sees what an input reached; only a fuzz target
  # itself links libFuzzer and its main().
  target_compile_options(stagepost_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(stagepost_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(STAGEPOST_COVERAGE)
  target_compile_options(stagepost_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(stagepost_flags INTERFACE -fprofile-instr-generate)
endif()
