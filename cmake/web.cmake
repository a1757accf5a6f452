# The web interface (web/): built by npm and Vite below build/, and embedded into the binary.
#
# What:    stagepost_add_web() makes web_files.cc, whose table src/admin/web_files.h describes, and
#          adds it to the room admin. Without STAGEPOST_WEB the table is empty.
# Errors:  Node.js or npm missing, or too old: at configure time, with the remedy.
# Not here: the steps themselves (web_build.cmake, web_embed.mjs).

option(STAGEPOST_WEB "build the web interface (web/, with Node.js and npm) into the binary" ON)
# One for all presets: the same files go into each. Never inside web/.
set(STAGEPOST_WEB_FOLDER ${CMAKE_SOURCE_DIR}/build/interface CACHE PATH
  "where npm and Vite work; may be removed at any time")
set(STAGEPOST_NODE_MIN 18)  # Debian 12's, and Vite's

function(stagepost_find_node)
  find_program(STAGEPOST_NODE NAMES node nodejs)
  find_program(STAGEPOST_NPM npm)
  set(remedy "remedy: apt-get install nodejs npm (./run installs what is missing), or build \
without the web interface: cmake -DSTAGEPOST_WEB=OFF")
  foreach(tool NODE NPM)
    if(NOT STAGEPOST_${tool})
      string(TOLOWER ${tool} name)
      message(FATAL_ERROR "${name} is missing; it builds the web interface (web/).\n${remedy}")
    endif()
  endforeach()
  execute_process(COMMAND ${STAGEPOST_NODE} --version OUTPUT_VARIABLE version
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX REPLACE "^v([0-9]+).*" "\\1" major "${version}")
  if(NOT major MATCHES "^[0-9]+$" OR major LESS STAGEPOST_NODE_MIN)
    message(FATAL_ERROR "${STAGEPOST_NODE} is ${version}; the web interface needs Node.js "
      "${STAGEPOST_NODE_MIN} or newer.\n${remedy}")
  endif()
endfunction()

function(stagepost_add_web)
  set(made ${CMAKE_BINARY_DIR}/web_files.cc)
  if(STAGEPOST_WEB)
    stagepost_find_node()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/*)
    list(FILTER sources EXCLUDE REGEX "/web/(node_modules|dist)/")
    # 200 KB by .incbin cost the compiler nothing; as an array in C++ they took it half a second.
    add_custom_command(OUTPUT ${made} ${CMAKE_BINARY_DIR}/web_files.bin
      COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR}/web -DWORK=${STAGEPOST_WEB_FOLDER}
        -DOUT=${CMAKE_BINARY_DIR} -DNODE=${STAGEPOST_NODE} -DNPM=${STAGEPOST_NPM}
        -P ${CMAKE_SOURCE_DIR}/cmake/web_build.cmake
      DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/cmake/web_build.cmake
        ${CMAKE_SOURCE_DIR}/cmake/web_embed.mjs
      COMMENT "Building the web interface" VERBATIM)
  else()
    file(CONFIGURE OUTPUT ${made} @ONLY CONTENT [[
// Made by cmake/web.cmake: STAGEPOST_WEB is off.
#include "admin/web_files.h"

std::span<const admin::WebFile> admin::web_files() { return {}; }
]])
  endif()
  target_sources(room_admin PRIVATE ${made})
endfunction()
