import Glibc
import Strangler

let interruption = Interruption()
interruption.listen()
exit(await StranglerProgram.main(interruption))
