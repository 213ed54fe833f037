# The guest's init (C, static, against musl where that is installed) as bytes in a room's library. Run as a script it
# compiles a static program: -DSOURCES, -DINCLUDE, -DCOMPILERS, -DPROGRAM.
if(CMAKE_SCRIPT_MODE_FILE)
  set(flags -std=c11 -D_GNU_SOURCE -Os -s -static -ffunction-sections -fdata-sections -Wl,--gc-sections -Wall -Wextra)
  set(why "")
  foreach(compiler ${COMPILERS})
    execute_process(COMMAND ${compiler} ${flags} -I${INCLUDE} ${SOURCES} -o ${PROGRAM}
                    RESULT_VARIABLE result ERROR_VARIABLE errors)
    if(result EQUAL 0)
      if(errors)
        message("${errors}")
      endif()
      return()
    endif()
    string(APPEND why "${compiler}: ${errors}\n")
  endforeach()
  # The rest of bench is whole without it, and says what to install when it is asked for.
  message("bench: no C compiler here links statically (musl-tools is the smallest): images cannot boot as guests\n${why}")
  file(WRITE ${PROGRAM} "")
  return()
endif()

function(bench_guest_init target folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h)
  set(compilers "")
  foreach(name musl-gcc cc gcc clang)
    find_program(BENCH_INIT_${name} ${name})
    mark_as_advanced(BENCH_INIT_${name})
    if(BENCH_INIT_${name})
      list(APPEND compilers ${BENCH_INIT_${name}})
    endif()
  endforeach()
  set(BENCH_STATIC_COMPILERS "${compilers}" PARENT_SCOPE)  # for an image of a test's own
  set(program ${CMAKE_CURRENT_BINARY_DIR}/generated/guest_init)
  add_custom_command(OUTPUT ${program}
                     COMMAND ${CMAKE_COMMAND} "-DSOURCES=${sources}" -DINCLUDE=${CMAKE_CURRENT_SOURCE_DIR}
                             "-DCOMPILERS=${compilers}" -DPROGRAM=${program}
                             -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/guest_init.cmake
                     DEPENDS ${sources} ${headers} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/guest_init.cmake
                     COMMENT "Compiling the guests' init" VERBATIM)
  file(CONFIGURE OUTPUT generated/guest_init.cpp CONTENT [[
#include "bench/images/boot/guest_init.h"

// Beside the code that uses it, so that an installed program is whole.
asm(".section .rodata\n.balign 16\n.hidden bench_guest_init\n.hidden bench_guest_init_end\n"
    ".globl bench_guest_init\n.globl bench_guest_init_end\n"
    "bench_guest_init:\n.incbin \"@program@\"\nbench_guest_init_end:\n.byte 0\n.previous\n");
extern "C" __attribute__((visibility("hidden"))) const char bench_guest_init[], bench_guest_init_end[];

namespace bench {
std::string_view guest_init() {
  return {bench_guest_init, static_cast<std::size_t>(bench_guest_init_end - bench_guest_init)};
}
}  // namespace bench
]] @ONLY)
  set(embedding ${CMAKE_CURRENT_BINARY_DIR}/generated/guest_init.cpp)
  target_sources(${target} PRIVATE ${embedding})
  # By itself, since the room's file changes when the init does.
  set_source_files_properties(${embedding} PROPERTIES OBJECT_DEPENDS ${program} SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
