# Builds web/ in a folder of its own and embeds what comes out; see web.cmake, which calls it.
#
# In/Out:  SOURCE (web/), WORK, NODE, NPM → OUT/web_files.cc and OUT/web_files.bin.
# Errors:  what npm or Vite says, and the remedy.
# Limits:  npm once per package-lock.json, Vite once per state of web/, whichever preset asks.
cmake_minimum_required(VERSION 3.25)

set(HOUSE ${WORK}/source)  # a copy: npm writes beside package.json
set(DIST ${WORK}/dist)
file(MAKE_DIRECTORY ${HOUSE})
file(LOCK ${WORK}/lock GUARD PROCESS TIMEOUT 600)  # two presets may be built at once

# hash_of(OUT FILE…): of names and contents, in order.
function(hash_of out)
  set(all "")
  foreach(file IN LISTS ARGN)
    file(SHA256 ${SOURCE}/${file} hash)
    string(APPEND all "${file} ${hash}\n")
  endforeach()
  string(SHA256 all "${all}")
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# is_new(OUT STAMP HASH): was that not done yet?
function(is_new out stamp hash)
  set(${out} TRUE PARENT_SCOPE)
  if(EXISTS ${WORK}/${stamp})
    file(READ ${WORK}/${stamp} old)
    if(old STREQUAL hash)
      set(${out} FALSE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# npm(REMEDY ARGUMENT…) in the copy; its words go to a log, and to the screen when it fails.
function(npm remedy)
  execute_process(COMMAND ${NPM} ${ARGN} WORKING_DIRECTORY ${HOUSE} RESULT_VARIABLE code
    OUTPUT_FILE ${WORK}/npm.log ERROR_FILE ${WORK}/npm.log)
  if(NOT code EQUAL 0)
    file(READ ${WORK}/npm.log log)
    list(JOIN ARGN " " words)
    message(FATAL_ERROR "npm ${words} failed in ${HOUSE}:\n${log}\nremedy: ${remedy}; or build "
      "without the web interface: cmake -DSTAGEPOST_WEB=OFF")
  endif()
endfunction()

execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE node_version)
hash_of(packages package.json package-lock.json)
string(APPEND packages " ${node_version}")
is_new(install installed.txt "${packages}")
if(install)
  file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${HOUSE})
  # No package's own script runs on this machine.
  npm("see that npm reaches its registry (npm config get registry)"
    ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  file(WRITE ${WORK}/installed.txt "${packages}")
  file(REMOVE ${WORK}/built.txt)
endif()

file(GLOB_RECURSE sources RELATIVE ${SOURCE} ${SOURCE}/*)
list(FILTER sources EXCLUDE REGEX "^(node_modules|dist)/")
list(SORT sources)
hash_of(state ${sources})
is_new(build built.txt "${state}")
if(build OR NOT EXISTS ${DIST}/index.html)
  file(GLOB old RELATIVE ${HOUSE} ${HOUSE}/* ${HOUSE}/.*)
  list(REMOVE_ITEM old node_modules)
  foreach(one IN LISTS old)
    file(REMOVE_RECURSE ${HOUSE}/${one})
  endforeach()
  foreach(one IN LISTS sources)
    get_filename_component(folder ${one} DIRECTORY)
    file(COPY ${SOURCE}/${one} DESTINATION ${HOUSE}/${folder})
  endforeach()
  npm("mend what it names in web/" run build --loglevel=error -- --outDir ${DIST} --emptyOutDir)
  file(WRITE ${WORK}/built.txt "${state}")
endif()

execute_process(COMMAND ${NODE} ${CMAKE_CURRENT_LIST_DIR}/web_embed.mjs ${DIST} ${OUT}
  RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the web interface could not be embedded; the reason is above")
endif()
